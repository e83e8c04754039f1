"""The parts of the documentation that are made from the code, so that they cannot say anything else.

`python -m docs.generate.pages` writes them anew; a test compares them with what stands in `docs/`. These are:
the states and what they lead to, the machine as a table and as a picture, and the message below each heading that names
an outcome or an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from math import hypot, inf
from pathlib import Path
from typing import NamedTuple

from docs.generate import machine, samples
from docs.generate.machine import Step
from qovery_provider._cancellation import events
from qovery_provider._cancellation.model import Sent
from qovery_provider._qovery.states import STATES, Phase

DOCS = Path(__file__).parents[1]
PICTURE = DOCS / "images/machine.svg"

WORDS = {
    "first look": "first look",
    "send": "send the cancel",
    "look again": "look again",
    "look whether it arrived": "look whether it arrived",
    "wait": "wait for its end",
    "ask the history": "ask the history",
    "list the queue": "list the queue",
    "cancel a queued request": "cancel a queued request",
}
"""The situations, in the order in which they are told."""

VARIANTS = {
    "With `deployment_id`": (machine.PINNED, Sent.NOT_SENT),
    "With `include_queued`": (machine.WITH_QUEUE, Sent.NOT_SENT),
    "Resumed by the next `up`": (machine.PINNED, Sent.ACCEPTED),
}

Next = dict[tuple[str, str], list[str]]


def outcomes(found: Iterable[Step]) -> Next:
    """Return by situation and observation what can follow: what goes on before what ends it."""
    following: Next = {}
    for step in sorted(found, key=lambda step: (step.next not in WORDS, step.next)):
        following.setdefault((step.situation, step.observed), []).append(step.next)
    return following


# The states.


def states() -> str:
    """Return the table of the states."""
    rows = []
    for phase in Phase:
        names = [name for name, its in STATES.items() if its is phase]
        examples = ", ".join(f"`{name}`" for name in names) + (", and any other" if phase is Phase.UNKNOWN else "")
        rows.append([examples, phase.name.lower(), _after(names[0], Sent.NOT_SENT), _after(names[0], Sent.ACCEPTED)])
    return _table(
        ["state of the deployment", "phase", "seen first, it means", "seen after the cancel was accepted"], rows
    )


def _after(state: str, sent: Sent) -> str:
    request = machine.ANY if sent is Sent.NOT_SENT else machine.PINNED
    seen = events.StatusRead(machine.status(state))
    return _word(machine.situation(machine.told(request, sent, ((seen, machine.due),))))


# The machine as tables.


def tables() -> str:
    """Return everything that the machine does."""
    usual = outcomes(machine.steps(machine.ANY))
    parts = [_steps(usual)]
    for title, (request, sent) in VARIANTS.items():
        other = outcomes(machine.steps(request, sent))
        different = {key: following for key, following in other.items() if usual.get(key) != following}
        parts.append(f"{title}, this is different:\n\n{_steps(different)}")
    return "\n\n".join(parts)


def _steps(following: Next) -> str:
    rows = []
    for situation, words in WORDS.items():
        seen = [(observed, after) for (where, observed), after in following.items() if where == situation]
        order = {label: number for number, label in enumerate(_labels())}
        for observed, after in sorted(seen, key=lambda one: order[one[0]]):
            rows.append([f"**{words}**", observed, ", ".join(map(_word, after))])
            words = ""  # noqa: PLW2901 - once is enough for the eye
            rows[-1][0] = rows[-1][0].replace("****", "")
    return _table(["what is done", "what comes of it", "what follows"], rows)


def _labels() -> Iterator[str]:
    for observations in machine.EVENTS.values():
        yield from observations
    yield machine.TIME_IS_UP


def _word(situation: str) -> str:
    return WORDS.get(situation) or (situation if " " in situation else f"`{situation}`")


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# The machine as a picture: where the boxes stand is chosen here, which arrows there are is found out.


class Box(NamedTuple):
    """Where a situation stands: its middle."""

    x: int
    y: int


BOXES = {
    "first look": Box(130, 150),
    "send": Box(600, 150),
    "wait": Box(1070, 150),
    "look again": Box(330, 370),
    "look whether it arrived": Box(870, 370),
    "ask the history": Box(600, 590),
}
WIDTH, HEIGHT = 230, 92
SIZE = (1200, 650)

BENDS = {
    ("first look", "wait"): Box(600, 0),
    ("send", "look again"): Box(370, 240),
    ("look again", "send"): Box(560, 280),
    ("send", "look whether it arrived"): Box(640, 280),
    ("look whether it arrived", "send"): Box(830, 240),
    ("look whether it arrived", "wait"): Box(1020, 290),
    ("look again", "wait"): Box(760, 330),
    ("wait", "ask the history"): Box(1190, 650),
    ("ask the history", "wait"): Box(1065, 570),
    ("look again", "ask the history"): Box(380, 520),
    ("ask the history", "look again"): Box(540, 460),
    ("look whether it arrived", "ask the history"): Box(830, 520),
    ("ask the history", "look whether it arrived"): Box(660, 460),
}
"""Where an arrow bends: the control point of its curve."""

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2937 }
  .name { font-weight: 600; font-size: 15px }
  .end { font-size: 11.5px; fill: #166534 }
  .error { font-size: 11.5px; fill: #991b1b }
  .box { fill: #f8fafc; stroke: #64748b }
  .arrow { fill: none; stroke: #64748b; stroke-width: 1.4 }
  .head { fill: #64748b }
  .label { font-size: 11.5px; fill: #334155 }
  .halo { stroke: #ffffff; stroke-width: 5px; stroke-linejoin: round }
"""


def picture() -> str:
    """Return the machine as an SVG: its situations, what leads from one to the other, and how each can end."""
    found = machine.steps(machine.ANY)
    arrows: dict[tuple[str, str], list[str]] = {}
    for (situation, observed), following in outcomes(found).items():
        for after in following:
            if after in BOXES and after != situation:
                arrows.setdefault((situation, after), []).append(observed)
    order = list(_labels())
    drawn = [_arrow(*ends, sorted(labels, key=order.index)) for ends, labels in sorted(arrows.items())]
    boxes = [_box(name, [end for where, end in machine.ends(found) if where == name]) for name in BOXES]
    width, height = SIZE
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
            "<title>What the cancellation of one deployment does</title>",
            f"<style>{STYLE}</style>",
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            *(line for line, _ in drawn),
            *boxes,
            *(label for _, label in drawn),
            "</svg>\n",
        ]
    )


def _box(name: str, ends: list[str]) -> str:
    x, y = BOXES[name].x - WIDTH // 2, BOXES[name].y - HEIGHT // 2
    lines = [f'<rect class="box" x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>']
    lines.append(f'<text class="name" x="{x + 12}" y="{y + 22}">{escape(WORDS[name])}</text>')
    good = [end for end in ends if end.islower() and "error" not in end]
    bad = [end.removesuffix("Error") for end in ends if end not in good]
    rows = [("end", line) for line in _wrapped(good)] + [("error", line) for line in _wrapped(bad)]
    for number, (kind, line) in enumerate(rows):
        lines.append(f'<text class="{kind}" x="{x + 12}" y="{y + 42 + 14 * number}">{escape(line)}</text>')
    return "\n".join(lines)


def _wrapped(words: list[str], longest: int = 34) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and len(f"{lines[-1]}, {word}") <= longest:
            lines[-1] += f", {word}"
        else:
            lines.append(word)
    return lines


def _arrow(start: str, end: str, labels: list[str]) -> tuple[str, str]:
    """Return a curve with its head, and its label, which stands where the curve is half way."""
    bend = BENDS.get((start, end), _between(BOXES[start], BOXES[end]))
    first, last = _edge(BOXES[start], bend), _edge(BOXES[end], bend)
    curve = f'<path class="arrow" d="M{first.x} {first.y}Q{bend.x} {bend.y} {last.x} {last.y}"/>{_head(bend, last)}'
    middle = _between(_between(first, bend), _between(bend, last))
    rows = _wrapped(labels, longest=28)
    top = middle.y + 4 - 13 * (len(rows) - 1) // 2
    spans = [f'<tspan x="{middle.x}" y="{top + 13 * number}">{escape(row)}</tspan>' for number, row in enumerate(rows)]
    texts = (f'<text class="{kind}" text-anchor="middle">{"".join(spans)}</text>' for kind in ("label halo", "label"))
    return curve, "".join(texts)


def _head(start: Box, end: Box) -> str:
    """Return a triangle at the end of a line."""
    length = hypot(end.x - start.x, end.y - start.y)
    dx, dy = (end.x - start.x) / length, (end.y - start.y) / length
    left = f"{end.x - 9 * dx - 4 * dy:.1f} {end.y - 9 * dy + 4 * dx:.1f}"
    right = f"{end.x - 9 * dx + 4 * dy:.1f} {end.y - 9 * dy - 4 * dx:.1f}"
    return f'<path class="head" d="M{end.x} {end.y} {left} {right}z"/>'


def _between(a: Box, b: Box) -> Box:
    return Box((a.x + b.x) // 2, (a.y + b.y) // 2)


def _edge(box: Box, towards: Box) -> Box:
    """Return where the line from a box's middle to a point leaves the box."""
    dx, dy = towards.x - box.x, towards.y - box.y
    scale = min(WIDTH / 2 / abs(dx) if dx else inf, HEIGHT / 2 / abs(dy) if dy else inf)
    return Box(round(box.x + dx * scale), round(box.y + dy * scale))


# Writing it down.

REGION = re.compile(r"(?<=<!-- made from the code: )(\w+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)
SAMPLE = re.compile(r"(?<=^### `)(\w+)(`[^\n]*\n\n```text\n).*?(?=```$)", re.MULTILINE | re.DOTALL)


def mended(page: str) -> str:
    """Return a page with all that is made from the code."""
    made: Mapping[str, str] = {"states": states(), "machine": tables()} if REGION.search(page) else {}
    told = samples.samples() if SAMPLE.search(page) else {}
    page = REGION.sub(lambda match: f"{match[1]}{match[2]}\n{made[match[1]]}\n\n", page)
    return SAMPLE.sub(lambda match: f"{match[1]}{match[2]}{told[match[1]]}\n", page)


def main() -> None:
    """Write all pages and the picture."""
    PICTURE.write_text(picture())
    for path in DOCS.rglob("*.md"):
        path.write_text(mended(path.read_text()))


if __name__ == "__main__":
    main()
