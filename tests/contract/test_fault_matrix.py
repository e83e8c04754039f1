"""Every kind of fault at every position of a cancellation, on every road to the server, over real sockets.

How it ends is declared; what must be true then holds for all of them.
"""

from __future__ import annotations

import base64
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest

from qovery_provider._cancellation.model import CancellationResult
from qovery_provider._driver.calls import CALL_LIMIT
from qovery_provider.errors import CallError, QoveryError
from tests.contract.body_faults import BODY_KINDS
from tests.contract.faults import Kind
from tests.contract.outcomes import Ends
from tests.contract.status_faults import STATUS_KINDS
from tests.contract.wire_faults import WIRE_KINDS
from tests.support.figures import FOLDER, keep
from tests.support.stage import TOKEN, Position, Road, Stage

KINDS = [*STATUS_KINDS, *BODY_KINDS, *WIRE_KINDS]

SECRETS = (TOKEN, quote(TOKEN, safe=""), base64.b64encode(TOKEN.encode()).decode())

INSIDES = (
    "Traceback",
    "Errno",
    "urllib3",
    "HTTPConnection",
    "HTTPSConnection",
    "Max retries",
    "object at 0x",
    "_ssl.c",
)
"""Patterns in the texts of inner exceptions."""

FEW_BODIES = 32 * 2**20
"""Bytes of memory for a body of 1 MiB, with what the library and the test's own server hold at the same time, and with
the failed polls of a whole wait, until Python collects them."""

SAMPLE = {(Position.FIRST_READ, True), (Position.POST, False)}
"""The faults on the longer connections unless figures are kept: a failing read, and a cancel that may have arrived."""

IN_FLIGHT = 16 * 2**20
"""Bytes that the kernel may have taken from a server, on each hop, before the client hangs up."""


def test_every_kind_declares_every_position_of_every_road() -> None:
    """No cell of the matrix is left open, and no two kinds share a name."""
    rows = [kind.expected(road).row for kind in KINDS for road in kind.roads]

    assert {frozenset(row) for row in rows} == {frozenset(Position)}
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert {road: sum(road in kind.roads for kind in KINDS) >= 200 for road in Road} == dict.fromkeys(Road, True)


@pytest.fixture(scope="module")
def passed() -> Iterator[list[str]]:
    """The runs that went well."""
    names = list[str]()
    yield names
    cells = sum(len(kind.row) * len(kind.roads) for kind in KINDS)
    keep("fault-matrix", kinds=len(KINDS), cells=cells, runs=len(RUNS), passed=len(names))


def _cells() -> Iterator[tuple[Kind, Road, Position, bool, Ends]]:
    for kind in KINDS:
        for road in sorted(kind.roads, key=list(Road).index):
            for position, (once, lasting) in kind.expected(road).row.items():
                yield kind, road, position, True, lasting
                # After the last poll, no other one tells "once" from "lasting", unless the answer asks for it.
                if position is not Position.LAST_POLL or once != lasting:
                    yield kind, road, position, False, once


def _runs() -> Iterator[object]:
    for kind, road, position, lasting, ends in _cells():
        if FOLDER or road is Road.DIRECT or (position, lasting) in SAMPLE:
            name = f"{kind.name}: {road.value}, {position.value}, {'lasting' if lasting else 'once'}"
            yield pytest.param(kind, road, position, lasting, ends, id=name)


RUNS = list(_runs())


@pytest.mark.unmeasured(seconds=0.1)
@pytest.mark.parametrize(("kind", "road", "position", "lasting", "ends"), RUNS)
def test_ends_as_declared(  # noqa: PLR0913 - a cell has as many sides
    *,
    kind: Kind,
    road: Road,
    position: Position,
    lasting: bool,
    ends: Ends,
    monkeypatch: pytest.MonkeyPatch,
    bundle: str,
    passed: list[str],
) -> None:
    """A cancellation that meets the fault ends as the design says, tells the truth, and can be finished later."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    with Stage(kind.fault, position, lasting=lasting, road=road) as stage:
        with _memory(kind) as memory:
            end = stage.cancel()
        took = stage.clock.now
        assert (end.outcome if isinstance(end, CancellationResult) else type(end)) == ends.how, end
        assert stage.posts == ends.posts
        _assert_says_what_is_needed(end, kind.expected(road).phrases, ends, stage)
        _assert_nothing_else_was_touched(stage)
        _assert_the_wire_was_used_as_it_should(stage, kind, position)
        assert took <= stage.timeout + CALL_LIMIT
        assert max(memory, default=0) < FEW_BODIES
        if isinstance(end, QoveryError):
            _assert_can_be_finished(stage)
    passed.append(kind.name)


def _assert_says_what_is_needed(
    end: CancellationResult | QoveryError, phrases: tuple[str, ...], ends: Ends, stage: Stage
) -> None:
    """Every text is one line without secrets; an error says which call, of what, and what came back."""
    text = end.sentence if isinstance(end, CancellationResult) else str(end)
    assert text.splitlines() == [text]
    assert [secret for secret in SECRETS if secret in text] == []
    assert [inside for inside in INSIDES if inside in text] == []
    if isinstance(end, CancellationResult):
        return
    wanted = [*ends.phrases, *(phrases if ends.names_fault else ()), stage.environment.id]
    assert [phrase for phrase in wanted if phrase not in text] == [], text
    if ends.retryable is not None:
        failed = end if isinstance(end, CallError) else end.__cause__
        assert isinstance(failed, CallError)
        assert failed.retryable == ends.retryable


def _assert_nothing_else_was_touched(stage: Stage) -> None:
    """At most one cancel took effect, and it hit the target; what ran after it goes on."""
    target, *others = stage.environment.deployments
    assert stage.target is target
    assert target.effective_cancels <= 1
    assert [other.cancels for other in others if other.cancels] == []


def _assert_the_wire_was_used_as_it_should(stage: Stage, kind: Kind, position: Position) -> None:
    """The fault did strike, the server's pause was obeyed, and no endless answer was taken in."""
    first, *_ = stage.strikes
    after = min((call for call in stage.calls if call > first), default=None)
    if kind.pause and position is not Position.LAST_POLL:
        assert after is not None
        assert kind.pause <= after - first
    hops = 2 if stage.road is Road.TUNNEL else 1
    assert all(connection.sent < hops * IN_FLIGHT * len(stage.strikes) for connection in stage.server.connections)


def _assert_can_be_finished(stage: Stage) -> None:
    """`pulumi up` again, pinned to the target, ends in its cancellation without a cancel too many."""
    was_accepted = bool(stage.target.cancels)
    again = stage.cancel_again()
    assert isinstance(again, CancellationResult), again
    assert (again.outcome, stage.target.end_state) == ("canceled", "CANCELED")
    assert stage.posts == int(not was_accepted)
    _assert_nothing_else_was_touched(stage)


@contextmanager
def _memory(kind: Kind) -> Iterator[list[int]]:
    """Measure how much memory is taken at most, where that matters."""
    peak: list[int] = []
    if not kind.is_huge:
        yield peak
        return
    tracemalloc.start()
    yield peak
    peak.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
