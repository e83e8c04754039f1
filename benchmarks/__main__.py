"""Measures all rivals in one run, prints the results, and writes `results.json` and `results.svg` beside itself."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.cases import (
    COMMAND_PLUGIN,
    NAMES,
    PLUGIN,
    SEPARATE,
    Case,
    Measured,
    cases,
    connections_without_a_need,
    measure,
    preview_seconds,
    ratio_of_slow_cancels,
)
from benchmarks.chart import chart
from benchmarks.imports import heaviest_modules, import_milliseconds
from benchmarks.report import Extras, Goal, Measurements, Row, document, goals, growth, is_quiet, row
from benchmarks.virtual import detection, requests_of, worst_delays

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=3, help="of each case (default: %(default)s)")
    repetitions = parser.parse_args().repetitions
    planned = list(cases())
    if not any(case.rival == "command" for case in planned):
        say(f"{NAMES['command']}: {COMMAND_PLUGIN} is not on PATH, left out")
    measurements = measure_side_by_side(planned, repetitions)
    rows = {case: row(case, measurements) for case in planned}
    extras = measure_extras()
    (HERE / "results.json").write_text(json.dumps(document(rows, extras, repetitions), indent=2) + "\n")
    (HERE / "results.svg").write_text(chart(rows) + "\n")
    if not is_quiet(rows):
        say("Other processes kept this machine busy: these times are not reliable. Run it again when it is idle.")
    print("\n".join([*table(rows.values()), "", *notes(rows, extras), "", *goal_lines(goals(rows, extras))]))


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def measure_side_by_side(planned: list[Case], repetitions: int) -> Measurements:
    """Run all cases, then all of them again: so a machine that becomes slower does so for each rival."""
    measurements: dict[Case, list[Measured]] = {case: [] for case in planned}
    for repetition in range(repetitions):
        for case in planned:
            measured = measure(case)
            measurements[case].append(measured)
            say(f"{repetition + 1}/{repetitions}  {NAMES[case.rival]}, {case.size}: {measured.cost.seconds:.2f} s")
    return measurements


def measure_extras() -> Extras:
    say("long cancels on a virtual clock, imports, previews, and an update with nothing to do")
    longest_delay, worst_delay_part = worst_delays()
    return Extras(
        detections=[detection(seconds) for seconds in (2, 20, 200)],
        longest_delay=longest_delay,
        worst_delay_part=worst_delay_part,
        requests_of_ten_minutes=detection(600).requests,
        requests_of_20_separate=requests_of(600, 20, in_bulk=False),
        requests_of_20_in_bulk=requests_of(600, 20, in_bulk=True),
        connections_without_a_need=connections_without_a_need(),
        preview_of_plugin_to_dynamic=preview_seconds(Case(PLUGIN, 8)) / preview_seconds(Case(SEPARATE, 8)),
        slow_cancels_of_plugin=ratio_of_slow_cancels(),
        import_milliseconds=import_milliseconds(),
        heaviest_modules=heaviest_modules(),
    )


def table(rows: Iterable[Row]) -> Iterable[str]:
    yield f"{'':30} {'N':>4}     time  ratio  requests connections     CPU    memory   delay others"
    for update in rows:
        delay = "" if update.detection_delay is None else f"{update.detection_delay:.2f} s"
        yield (
            f"{NAMES[update.rival]:30} {update.size:4} {update.seconds:6.2f} s {update.ratio:6.2f} "
            f"{update.requests:9.0f} {update.connections:11.0f} "
            f"{update.cpu_seconds:5.2f} s {update.peak_memory_mib:5.0f} MiB {delay:>7} {update.others:6.1f}"
        )


def notes(rows: Mapping[Case, Row], extras: Extras) -> Iterable[str]:
    for rival, added in growth(rows).items():
        yield (
            f"{NAMES[rival]}: each environment from 1 to {added['to']:.0f} adds {1000 * added['seconds']:.1f} ms, "
            f"{added['requests']:.2f} requests, {1000 * added['cpu_seconds']:.1f} ms of CPU, "
            f"{1024 * added['peak_memory_mib']:.0f} KiB"
        )
    for measured in extras.detections:
        yield (
            f"a cancel of {measured.cancel_seconds:g} s: seen after {measured.delay:.2f} s, "
            f"{measured.requests} requests in all"
        )
    heaviest = (f"{name} {milliseconds:.1f} ms" for name, milliseconds in extras.heaviest_modules.items())
    yield f"heaviest imports: {', '.join(heaviest)}"


def goal_lines(all_goals: Iterable[Goal]) -> Iterable[str]:
    labels = {True: "reached", False: "MISSED", None: "unsure"}
    for goal in all_goals:
        yield f"{labels[goal.is_reached]:8} {goal.description}: {goal.value:g} (at most {goal.maximum:g})"


if __name__ == "__main__":
    main()
