"""Runs a script or a module for Pulumi's engine, and ends it when the engine is gone.

The engine interrupts its plugins when it is done. Killed, it would leave them behind, a dynamic resource waiting on for
as long as it was told to. This knows nothing of what it runs.
"""

import importlib.util
import os
import runpy
import signal
import stat
import sys
import threading
from pathlib import Path


def main() -> None:
    if importlib.util.find_spec("pulumi") is None:
        sys.exit(
            f"The Python of this project, {sys.executable}, has no Pulumi SDK: "
            "install it there, or make the virtual environment that Pulumi.yaml names."
        )
    # A shell without job control starts its background jobs, and so us, deaf to interrupts: to the engine's own, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    end_with_the_engine()
    del sys.argv[0]
    if sys.argv[0].endswith(".py"):
        runpy.run_path(sys.argv[0], run_name="__main__")
    else:
        sys.path[0] = str(Path.cwd())
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def end_with_the_engine() -> None:
    """The engine holds the other end of our standard input, open and silent, as long as it lives."""
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        engine = os.dup(0)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        threading.Thread(target=_die_at_end_of, args=[engine], daemon=True).start()


def _die_at_end_of(engine: int) -> None:
    while os.read(engine, 1):
        pass
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main()
