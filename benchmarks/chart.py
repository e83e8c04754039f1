"""The chart that the README shows: how long each rival takes, as a multiple of the limit."""

from __future__ import annotations

from collections.abc import Mapping

import pygal
from pygal.style import Style

from benchmarks.cases import BULK, COMMAND, MAX_ENVIRONMENTS, NAMES, PLAIN, PLUGIN, SEPARATE, SIZES, Case
from benchmarks.report import Row

INK = "#7d8590"
"""A gray that stands out from white and from black: the chart has no background of its own."""

COLORS = {PLAIN: "#d9822b", COMMAND: "#a371f7", SEPARATE: "#388bfd", PLUGIN: "#39c5cf", BULK: "#2ea043"}


def chart(rows: Mapping[Case, Row]) -> str:
    """Return the chart as SVG."""
    shown = [rival for rival in COLORS if Case(rival, 1) in rows]
    style = Style(
        background="transparent",
        plot_background="transparent",
        foreground=INK,
        foreground_strong=INK,
        foreground_subtle=INK,
        opacity="1",
        colors=tuple(COLORS[rival] for rival in shown),
        value_colors=(INK,) * len(shown),
        font_family="system-ui, sans-serif",
        title_font_size=20,
        legend_font_size=16,
        label_font_size=15,
        major_label_font_size=15,
        value_font_size=14,
    )
    bars = pygal.Bar(
        style=style,
        title="pulumi up: time as a multiple of the least possible, 1.0",
        width=900,
        height=420,
        js=[],
        range=(0, None),
        show_y_guides=False,
        show_y_labels=False,
        legend_at_bottom=True,
        legend_at_bottom_columns=len(shown),
        print_values=True,
        print_values_position="top",
        formatter="{:.2f}".format,
        disable_xml_declaration=True,
    )
    bars.x_labels = ["1 environment", *(f"{size} environments" for size in (*SIZES[1:], MAX_ENVIRONMENTS))]
    for rival in shown:
        found = [rows.get(Case(rival, size)) for size in (*SIZES, MAX_ENVIRONMENTS)]
        bars.add(NAMES[rival], [row.ratio if row else None for row in found])
    return str(bars.render(is_unicode=True))
