"""The page of figures, and how the mutation run names what it finds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from docs.generate import reliability
from tools import mutate

PRODUCT = Path(__file__).parents[2] / "qovery_provider"

RAN = {"date": "2026-11-25", "python": "3.11.7"}


def section(folder: Path, name: str, **figures: object) -> str:
    """Return the page without its head, for one proof that has these figures."""
    (folder / f"{name}.json").write_text(json.dumps({**RAN, **figures}))
    return reliability.page(folder).removeprefix(reliability.HEAD)


def test_every_number_is_on_the_page(tmp_path: Path) -> None:
    """So are the day, the Python and the seed of the run; what has not run is not on it."""
    figures = {"seed": "7", "schedules": 100_000, "violations": 0, "ends": {"canceled": 1234, "ConflictError": 5}}

    lines = section(tmp_path, "model", **figures).splitlines()

    assert "2026-11-25, Python 3.11.7, `QOVERY_SEED=7`: **100 000 schedules, 0 violations**." in lines
    assert "Ends: 1 234 canceled, 5 ConflictError." in lines
    assert sum(line.startswith("## ") for line in lines) == 1


def test_what_has_many_rows_is_a_table(tmp_path: Path) -> None:
    """Missing cells are empty; nested counts are written out in words."""
    cells = {"kill": {"crashes": 2, "outcomes": {"canceled": 2}}, "interrupt": {"crashes": 1, "others_touched": 0}}

    page = section(tmp_path, "crashes", cells=cells)

    table = [
        "|  | crashes | outcomes | others touched |",
        "| --- | ---: | ---: | ---: |",
        "| kill | 2 | 2 canceled |  |",
        "| interrupt | 1 |  | 0 |",
    ]
    assert page.endswith("2026-11-25, Python 3.11.7:\n\n" + "\n".join(table) + "\n")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        pytest.param(
            "qovery_provider._cancellation.queue.x_is_no_longer_queued__mutmut_3",
            "queue.is_no_longer_queued",
            id="function",
        ),
        pytest.param("qovery_provider._qovery.settings.x__url__mutmut_17", "settings._url", id="private function"),
        pytest.param(
            "qovery_provider._cancellation.queue.xǁQueueDrainǁ__init____mutmut_5",
            "queue.QueueDrain.__init__",
            id="method",
        ),
    ],
)
def test_a_change_is_named_by_its_place(change: str, place: str) -> None:
    """A number would be another one after the next change of the code."""
    assert mutate.place_of(change) == place


def test_a_line_that_is_left_out_says_why() -> None:
    """A bare pragma is found as well, with no reason."""
    source = "a = 1  # pragma: no mutate: it is never read\nb = 2  # pragma: no mutate\nc = 3  # pragma: no cover\n"

    assert mutate.left_out(source) == ["it is never read", ""]


def test_every_line_that_is_left_out_says_why() -> None:
    """No module hides a line from the mutation run without a reason."""
    reasons = [reason for path in PRODUCT.rglob("*.py") for reason in mutate.left_out(path.read_text())]

    assert "" not in reasons
