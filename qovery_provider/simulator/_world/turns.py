"""Turns: one step of the world at a time, during which its clock stands still.

Several threads may share a world, and one answer must not mix two moments. Clock and lock are handed in; a world on a
virtual clock, driven by one thread, has a lock that does nothing. This file knows nothing of deployments.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

Clock = Callable[[], float]
"""Gives the time in seconds."""

Lock = AbstractContextManager[Any]
"""A lock that the thread holding it may take again."""


class Turn:
    """A context manager to take a turn; turns nest. All parts of one world share one `Turn`."""

    def __init__(self, clock: Clock, lock: Lock) -> None:
        self._clock = clock
        self._lock = lock
        self._depth = 0
        self._moment: float | None = None

    def now(self) -> float:
        """The turn's moment; outside of any turn the clock's time."""
        # Read once: another thread's turn may end between a check and a second reading.
        moment = self._moment
        return self._clock() if moment is None else moment

    def __enter__(self) -> None:
        # The lock is reentrant, and only the outermost turn reads the clock.
        self._lock.__enter__()
        if self._depth == 0:
            self._moment = self._clock()
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._moment = None
        self._lock.__exit__(None, None, None)


class TurnTaker(Protocol):
    """Anything whose steps take turns: a world, an environment, the API."""

    @property
    def turn(self) -> Turn: ...


OwnerT = TypeVar("OwnerT", bound=TurnTaker)
ArgumentsP = ParamSpec("ArgumentsP")
ResultT = TypeVar("ResultT")


def in_turn(
    step: Callable[Concatenate[OwnerT, ArgumentsP], ResultT],
) -> Callable[Concatenate[OwnerT, ArgumentsP], ResultT]:
    """Make a method one step: it runs in a turn of its owner.

    Everything that such a method reads is of one moment, and no other thread changes anything meanwhile. A method that
    calls others of the same owner stays in its turn.
    """

    @wraps(step)
    def stepping(owner: OwnerT, /, *args: ArgumentsP.args, **kwargs: ArgumentsP.kwargs) -> ResultT:
        with owner.turn:
            return step(owner, *args, **kwargs)

    return stepping
