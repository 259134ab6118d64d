"""Child processes that import what may hang, end them or change them, and how long they
may take."""

import math
import os
import subprocess
import sys
from pathlib import Path

SHARE = 0.02
"""How much of the time a process computes at least, unless it hangs."""


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Starts a child that finds the same modules; its output is piped."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def environment() -> dict[str, str]:
    """Returns the environment of a child that finds the same modules."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def processor_time(pid: int) -> float:
    """Returns the seconds that a process has computed; infinity where the system
    doesn't tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return math.inf
    ticks = int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


class Patience:
    """How long a process may take: on a busy machine, longer.

    # Arguments
        pid: int, the process.
        seconds: float, how long it may compute, and how long it may do nothing.
    """

    def __init__(self, pid: int, seconds: float):
        self.pid = pid
        self.seconds = seconds
        self.start = self.last = processor_time(pid)

    def is_over(self) -> bool:
        """Returns whether the process hangs or computes for too long; ask whenever
        `seconds` have passed."""
        now = processor_time(self.pid)
        if math.isinf(now):
            return True
        done, self.last = now - self.last, now
        return done < SHARE * self.seconds or now - self.start >= self.seconds
