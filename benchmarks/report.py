"""From measurements to results: medians, ratios to the least possible, growth, and which goals were reached."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from statistics import median
from typing import Any

from benchmarks.cases import BULK, MAX_ENVIRONMENTS, PLUGIN, SEPARATE, SIZES, Case, Measured
from benchmarks.simulator import CANCEL_SECONDS, LATENCY
from benchmarks.stack import PARALLEL
from benchmarks.virtual import Detection

MIB = 2**20

QUIET = 0.5
"""CPUs that may be busy with something else; above that, the machine and not the rival decides the times."""

Measurements = Mapping[Case, Sequence[Measured]]


@dataclass(frozen=True)
class Row:
    """One case, in medians over the repetitions.

    Attributes:
        limit: The least possible seconds: those of the same resources doing nothing, one answer, and the cancel.
        ratio: The time divided by the limit of the same repetition.
        detection_delay: Seconds from CANCELED until an answer said so, latency included.
        others: How many CPUs were busy with anything else on the machine.
    """

    rival: str
    size: int
    seconds: float
    limit: float
    ratio: float
    requests: float
    connections: float
    cpu_seconds: float
    peak_memory_mib: float
    detection_delay: float | None
    others: float


def row(case: Case, measurements: Measurements) -> Row:
    """Sum up a case."""
    own, floors = measurements[case], measurements[case.floor]
    limits = [floor.cost.seconds + LATENCY + CANCEL_SECONDS for floor in floors]

    def median_of(read: Callable[[Measured], float]) -> float:
        return round(median(map(read, own)), 3)

    delays = [update.seen.detection_delay for update in own if update.seen.detection_delay is not None]
    return Row(
        case.rival,
        case.size,
        seconds=median_of(lambda update: update.cost.seconds),
        limit=round(median(limits), 3),
        ratio=round(median(update.cost.seconds / limit for update, limit in zip(own, limits, strict=True)), 3),
        requests=median_of(lambda update: update.seen.requests),
        connections=median_of(lambda update: update.seen.connections),
        cpu_seconds=median_of(lambda update: update.cost.cpu_seconds),
        peak_memory_mib=round(median_of(lambda update: update.cost.peak_memory / MIB), 1),
        detection_delay=round(median(delays), 3) if delays else None,
        others=median_of(lambda update: update.cost.others),
    )


@dataclass(frozen=True)
class Extras:
    """The measurements other than updates."""

    detections: Sequence[Detection]
    longest_delay: float
    worst_delay_part: float
    requests_of_ten_minutes: int
    requests_of_20_separate: int
    requests_of_20_in_bulk: int
    connections_without_a_need: int
    preview_of_plugin_to_dynamic: float
    slow_cancels_of_plugin: float
    import_milliseconds: float
    heaviest_modules: Mapping[str, float]


def growth(rows: Mapping[Case, Row]) -> dict[str, dict[str, float]]:
    """Return what each further environment adds, from one to the largest size that was measured."""
    added = {}
    for rival, largest in ((SEPARATE, SIZES[-1]), (BULK, MAX_ENVIRONMENTS)):
        first, last = rows[Case(rival, 1)], rows[Case(rival, largest)]
        columns = ("seconds", "requests", "cpu_seconds", "peak_memory_mib")
        slopes = {name: (getattr(last, name) - getattr(first, name)) / (largest - 1) for name in columns}
        added[rival] = {"to": largest, **{name: round(slope, 4) for name, slope in slopes.items()}}
    return added


def is_quiet(rows: Mapping[Case, Row]) -> bool:
    """Return whether the machine had nothing else to do."""
    return median(row.others for row in rows.values()) <= QUIET


@dataclass(frozen=True)
class Goal:
    """A number to stay below.

    Attributes:
        description: The number in words, with its unit.
        is_certain: Whether the value is meaningful: on a busy machine, times are not.
    """

    description: str
    value: float
    maximum: float
    is_certain: bool = True

    @property
    def is_reached(self) -> bool | None:
        """Whether it was reached, or None where that is not certain."""
        return self.value <= self.maximum if self.is_certain else None


def goals(rows: Mapping[Case, Row], extras: Extras) -> list[Goal]:
    """Return each goal with the measured value."""
    bulk, largest, quiet = rows[Case(BULK, 64)], rows[Case(BULK, MAX_ENVIRONMENTS)], is_quiet(rows)
    dynamic, plugin = rows[Case(SEPARATE, 8)], rows[Case(PLUGIN, 8)]
    return [
        Goal("1 resource: time / limit", rows[Case(SEPARATE, 1)].ratio, 1.15, quiet),
        Goal("64 resources: time / limit", rows[Case(SEPARATE, 64)].ratio, 1.25, quiet),
        Goal("bulk of 64: time / limit", bulk.ratio, 1.2, quiet),
        Goal("bulk of 64: requests", bulk.requests, 64 + 12),
        Goal("bulk of 500: time / limit", largest.ratio, 1.6, quiet),
        Goal("bulk of 500: requests", largest.requests, 500 + 30),
        Goal("8 resources, plugin / dynamic: time", round(plugin.seconds / dynamic.seconds, 3), 1.0, quiet),
        Goal("8 resources, plugin / dynamic: preview", round(extras.preview_of_plugin_to_dynamic, 3), 1.0, quiet),
        Goal("40 cancels of 4 s by the plugin: time / limit", round(extras.slow_cancels_of_plugin, 3), 1.3, quiet),
        Goal("a cancel of 10 minutes: requests", extras.requests_of_ten_minutes, 50),
        Goal("20 resources, 10 minutes: requests", extras.requests_of_20_separate, 100),
        Goal("bulk of 20, 10 minutes: requests", extras.requests_of_20_in_bulk, 100),
        Goal("detection delay / elapsed, from the second poll on", round(extras.worst_delay_part, 3), 0.4),
        Goal("longest detection delay, s", round(extras.longest_delay, 3), 15),
        Goal("import beyond pulumi and requests, ms", round(extras.import_milliseconds, 1), 60),
        Goal("connections of an update with nothing to do", extras.connections_without_a_need, 0),
    ]


def document(rows: Mapping[Case, Row], extras: Extras, repetitions: int) -> dict[str, Any]:
    """Return all of it, as it is stored."""
    return {
        "setting": {
            "latency_seconds": LATENCY,
            "cancel_seconds": CANCEL_SECONDS,
            "parallel": PARALLEL,
            "repetitions": repetitions,
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
            "pulumi_sdk": version("pulumi"),
        },
        "is_quiet": is_quiet(rows),
        "updates": [asdict(update) for update in rows.values()],
        "growth_per_environment": growth(rows),
        **asdict(extras),
        "goals": [{**asdict(goal), "is_reached": goal.is_reached} for goal in goals(rows, extras)],
    }
