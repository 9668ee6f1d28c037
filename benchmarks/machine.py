"""The machine while a process trains: its clock, who else used it, and the memory taken."""

import os
import platform
import resource
import statistics
import time
from pathlib import Path

_STAT, _STATUS = Path("/proc/stat"), Path("/proc/self/status")
_ALLOWED, _TICK = 0.05, 0.03  # what others may use: a share of the wall time, and the kernel's coarse counting


class Watch:
    """Marks of the wall clock, of all processors' busy time and of this process's own; call it at every epoch's end.

    ``born`` is the monotonic clock at the process's start. An epoch in which the machine was busy for others is
    disturbed; where the system does not tell, none is.
    """

    def __init__(self, born: float) -> None:
        self.born = born
        self.marks: list[tuple[float, float, float]] = []

    def __call__(self) -> None:
        own = os.times()
        busy = _busy()
        used = own.user + own.system + own.children_user + own.children_system
        self.marks.append((time.monotonic(), used if busy is None else busy, used))

    def epochs(self) -> list[dict[str, float]]:
        """Return the seconds between marks, and those that other processes computed meanwhile."""
        pairs = zip(self.marks, self.marks[1:], strict=False)
        return [{"seconds": b[0] - a[0], "others": max(0.0, (b[1] - a[1]) - (b[2] - a[2]))} for a, b in pairs]


def steady(epochs: list[dict[str, float]]) -> tuple[float, bool]:
    """Return the median seconds of the undisturbed epochs, or of all and that they were disturbed.

    >>> steady([{"seconds": 1.0, "others": 0.0}, {"seconds": 3.0, "others": 2.0}, {"seconds": 1.2, "others": 0.0}])
    (1.1, False)
    """
    quiet = [epoch["seconds"] for epoch in epochs if epoch["others"] <= _TICK + _ALLOWED * epoch["seconds"]]
    disturbed = 2 * len(quiet) < len(epochs)
    return statistics.median(quiet or [epoch["seconds"] for epoch in epochs]), disturbed


def peak_mib() -> float:
    """Return the most memory that this process held, or a child of it that has ended, whichever is more."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    if not _STATUS.exists():
        return max(children, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    own = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return max(children, int(own.split()[1]) / 1024)


def computes_bfloat16() -> bool:
    """Return whether the processor multiplies 16-bit floats; where it does not say what it can, it may."""
    cpus = Path("/proc/cpuinfo")
    return not cpus.exists() or any(word in cpus.read_text() for word in ("avx512", "bf16"))


def describe() -> dict[str, str]:
    """Return what the figures were measured on."""
    cpus = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in cpus.read_text().splitlines() if line.startswith("model name")] if cpus.exists() else []
    return {"processor": names[0] if names else platform.processor(), "cores": str(os.cpu_count()), "system": platform.system(),
            "python": platform.python_version()}  # fmt: skip


def _busy() -> float | None:
    """Return the seconds that all processors have been busy, those stolen by a host included."""
    if not _STAT.exists():
        return None
    user, nice, system, _idle, _wait, *rest = map(int, _STAT.read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + sum(rest)) / os.sysconf("SC_CLK_TCK")
