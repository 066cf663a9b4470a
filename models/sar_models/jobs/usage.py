"""What this process has used so far."""

from __future__ import annotations

import time
from pathlib import Path

import psutil

_LINUX_STATUS = Path("/proc/self/status")
_KIB = 1024


def peak_memory_mb() -> float:
    """Return the largest resident memory of this process so far, in megabytes (1e6 bytes).

    macOS tells no peak through psutil; there the current size is returned.
    """
    if _LINUX_STATUS.exists():
        for line in _LINUX_STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * _KIB / 1e6
    info = psutil.Process().memory_info()
    return float(getattr(info, "peak_wset", info.rss)) / 1e6


def cpu_seconds() -> float:
    """Return the processor time of this process so far, all threads, user and system."""
    return time.process_time()
