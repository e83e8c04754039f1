"""Write docs/reliability.md from the figures in docs/figures, which the runs themselves have written.

    python -m docs.generate.reliability

The words about each proof are here; every number comes from a run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from textwrap import fill
from typing import Any, NamedTuple

DOCS = Path(__file__).parents[1]
FIGURES = DOCS / "figures"
PAGE = DOCS / "reliability.md"

HEAD = """\
# Reliability

What has been tested, how often, and with what result. Every number on this page was written by the run that measured
it, on the date and with the Python version given beside it. `make test` runs a short form of most of these tests. Each
full form has its own target; `make reliability` runs them all and rewrites this page.
"""


class Proof(NamedTuple):
    """What the page says of a proof besides its figures.

    Attributes:
        name: What its figures are called.
        title: What is proved, in a few words.
        promise: What is promised.
        test: Where it is written down.
        short: What `make test` plays of it.
        full: The command for all of it.
    """

    name: str
    title: str
    promise: str
    test: str
    short: str
    full: str


PROOFS = (
    Proof(
        "model",
        "Decisions, under random behaviour of servers, networks and people",
        "No cancel is ever aimed at a deployment other than the target, no cancel is sent twice without need, every "
        "message is true, each wait ends by its deadline, and the requests stay within their budget.",
        "tests/model/test_cancellation_model.py",
        "10 000 random schedules on virtual time",
        "make model",
    ),
    Proof(
        "bulk-model",
        "Decisions for many environments in one resource",
        "The same holds for each environment, no matter what happens in the others, also when `pulumi up` is run "
        "again for those that failed; and no environment is touched that was not requested.",
        "tests/model/bulk.py",
        "1 000 random schedules",
        "make model",
    ),
    Proof(
        "fault-matrix",
        "Network faults",
        "Each kind of fault, at each position of a cancellation, once and lasting, leads to its declared end and to a "
        "true message, and another run can finish the job: with a direct connection to the server, through a CONNECT "
        "proxy, and behind a gateway that gives answers of its own.",
        "tests/contract/test_fault_matrix.py",
        "all of it with a direct connection, two runs of each kind with the others",
        "make matrix",
    ),
    Proof(
        "bad-values",
        "Bad values for every input and setting",
        "Each bad value is rejected before anything is sent, with one short line that names the property and the "
        "allowed values, and shows no secret.",
        "tests/unit/hosts/test_bad_input.py",
        "all of it",
        "make values",
    ),
    Proof(
        "fuzz",
        "Fuzzing of data from outside",
        "Any data from Qovery, a configuration or a program is either read or rejected with an error of this package; "
        "no token is shown.",
        "tests/fuzz/targets.py",
        "some random inputs for each target",
        "make fuzz",
    ),
    Proof(
        "crashes",
        "Crashes at random moments",
        "After any crash the next `pulumi up` finishes the job: at most one cancel takes effect on the target, and no "
        "other deployment is touched. A plain update (one without `RunningDeployment`) of which Pulumi kept nothing "
        "cancels the deployment that is running then: that is what it declares, and the table counts it separately. In "
        "the table, a pinned update uses `RunningDeployment`, and an environment that moves on starts its next "
        "deployment before the second update.",
        "tests/engine/test_crashes.py",
        "each kind of crash once",
        "make crashes",
    ),
    Proof(
        "mutation",
        "The tests themselves (mutation testing)",
        "The fast tests detect every small change to the pure modules. A line whose changes cannot be detected is "
        "left out, and a comment there says why (`# pragma: no mutate`).",
        "tools/mutate.py",
        "nothing",
        "make mutate",
    ),
)


def page(figures: Path = FIGURES) -> str:
    """Return the page; a proof that has no figures in this folder is not on it."""
    paths = {proof: figures / f"{proof.name}.json" for proof in PROOFS}
    return "\n".join([HEAD, *(section(proof, path) for proof, path in paths.items() if path.exists())])


def section(proof: Proof, path: Path) -> str:
    """Return what the page says of a proof."""
    figures: dict[str, Any] = json.loads(path.read_text())
    ran = f"{figures.pop('date')}, Python {figures.pop('python')}"
    if seed := figures.pop("seed", None):
        ran += f", `QOVERY_SEED={seed}`"
    lists = {name: figure for name, figure in figures.items() if isinstance(figure, dict)}
    counts = _counts({_words(name): figure for name, figure in figures.items() if name not in lists})
    parts = [proof.promise, f"Test: `{proof.test}`. In `make test`: {proof.short}. In full: `{proof.full}`."]
    parts.append(f"{ran}:" + (f" **{counts}**." if counts else ""))
    parts += [
        f"{_words(name).capitalize()}: {_counts(figure)}." for name, figure in lists.items() if not _is_deep(figure)
    ]
    tables = [_table(figure) for figure in lists.values() if _is_deep(figure)]
    return "\n\n".join([f"## {proof.title}", *(fill(part, 120) for part in parts), *tables]) + "\n"


def _is_deep(figures: Mapping[str, Any]) -> bool:
    return all(isinstance(figure, dict) for figure in figures.values())


def _table(rows: Mapping[str, Mapping[str, object]]) -> str:
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    lines = [["", *map(_words, columns)], ["---", *("---:" for _ in columns)]]
    lines += [[name, *(_number(row.get(column, "")) for column in columns)] for name, row in rows.items()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _counts(figures: Mapping[str, object]) -> str:
    return ", ".join(f"{_number(figure)} {name}" for name, figure in figures.items())


def _number(figure: object) -> str:
    if isinstance(figure, dict):
        return _counts(figure)
    return f"{figure:,}".replace(",", " ") if isinstance(figure, int) else str(figure)


def _words(name: str) -> str:
    return name.replace("_", " ")


if __name__ == "__main__":
    PAGE.write_text(page())
