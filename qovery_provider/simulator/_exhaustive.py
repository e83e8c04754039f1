"""`assert_never` for Python 3.10, whose `typing` lacks it: the type checker proves that nothing ever calls it."""

from typing import NoReturn


def assert_never(value: NoReturn) -> NoReturn:
    raise AssertionError(f"unexpected: {value!r}")
