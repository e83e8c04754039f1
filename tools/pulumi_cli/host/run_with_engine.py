"""Runs a script or a module for Pulumi's engine, and ends it when the engine is gone.

The engine interrupts its plugins when it is done. An engine that is killed cannot, and a dynamic resource would wait on
without it until its timeout. This knows nothing of what it runs.
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
    # A shell without job control starts background jobs, and their children, with interrupts ignored, the engine's too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    end_with_the_engine()
    del sys.argv[0]
    if sys.argv[0].endswith(".py"):
        runpy.run_path(sys.argv[0], run_name="__main__")
    else:
        sys.path[0] = str(Path.cwd())
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def end_with_the_engine() -> None:
    """The engine holds the other end of standard input open as long as it lives, and writes nothing."""
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
