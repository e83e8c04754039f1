"""What a command costs, with all that it starts: `python meter.py COMMAND ...` prints it as one line of JSON.

It is a process of its own: what the command leaves behind becomes this one's child (on Linux) and counts as well. It
knows nothing of what it measures.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress

import psutil

PR_SET_CHILD_SUBREAPER = 36
SECONDS_BETWEEN_SAMPLES = 0.2


class Memory(threading.Thread):
    """Samples how much memory all processes below this one have in use together.

    Attributes:
        peak: The most that was seen, in bytes; pages that processes share count in each of them.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(SECONDS_BETWEEN_SAMPLES):
            self.peak = max(self.peak, sum(map(_in_use, psutil.Process().children(recursive=True))))


def _in_use(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def busy_seconds() -> float:
    """Return how long the machine's CPUs have been busy, with whatever."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0))


def main() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    # Who ignores SIGINT hands that down, and the plugins would then ignore the engine's interrupt at the end.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    memory = Memory()
    memory.start()
    with tempfile.TemporaryFile() as output:
        busy_before, start = busy_seconds(), time.monotonic()
        code = subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        seconds, busy = time.monotonic() - start, busy_seconds() - busy_before
        memory.over.set()
        with suppress(ChildProcessError):
            while True:
                os.wait()
        output.seek(0)
        said = output.read().decode(errors="replace")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_seconds = used.ru_utime + used.ru_stime
    others = max(0.0, busy - cpu_seconds) / seconds
    cost = {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_memory": memory.peak, "others": others}
    print(json.dumps({**cost, "code": code, "output": said}))


if __name__ == "__main__":
    main()
