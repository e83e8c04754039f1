"""The cost of a command with all its processes: `python meter.py COMMAND ...` prints it as one line of JSON.

It is a process of its own: processes that the command leaves behind become its children (on Linux) and count as well.
It knows nothing of what it measures.
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
SAMPLING_INTERVAL = 0.2
"""Seconds between two samples of the memory."""


class Memory(threading.Thread):
    """Samples how much memory all descendants of this process use together.

    Attributes:
        peak: The most that was seen, in bytes; pages that processes share count in each of them.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.finished = threading.Event()

    def run(self) -> None:
        while not self.finished.wait(SAMPLING_INTERVAL):
            self.peak = max(self.peak, sum(map(_in_use, psutil.Process().children(recursive=True))))


def _in_use(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def busy_seconds() -> float:
    """Return how long the machine's CPUs have been busy, with any process."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0))


def main() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    # An ignored SIGINT is inherited, and the plugins would then ignore the engine's interrupt at the end.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    memory = Memory()
    memory.start()
    with tempfile.TemporaryFile() as output:
        busy_before, start = busy_seconds(), time.monotonic()
        code = subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        seconds, busy = time.monotonic() - start, busy_seconds() - busy_before
        memory.finished.set()
        with suppress(ChildProcessError):
            while True:
                os.wait()
        output.seek(0)
        text = output.read().decode(errors="replace")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_seconds = used.ru_utime + used.ru_stime
    others = max(0.0, busy - cpu_seconds) / seconds
    cost = {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_memory": memory.peak, "others": others}
    print(json.dumps({**cost, "code": code, "output": text}))


if __name__ == "__main__":
    main()
