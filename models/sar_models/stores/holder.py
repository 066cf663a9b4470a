"""Which process holds something, so that what a killed one held can be taken over."""

from __future__ import annotations

import functools
import hashlib
import platform
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAME_START_S = 2.0


@dataclass(frozen=True)
class Holder:
    """A process, told apart from later ones that get its number.

    Parameters
    ----------
    machine : str
        Hash of the machine's name: shared folders are no place for host names.
    pid : int
    started : float
        When it started, seconds since the epoch.
    """

    machine: str
    pid: int
    started: float

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Holder:
        """Return the holder that JSON values name.

        Raises
        ------
        KeyError, TypeError, ValueError
            If they name none.
        """
        return cls(str(record["machine"]), int(record["pid"]), float(record["started"]))

    def to_record(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    def is_same(self, other: Holder) -> bool:
        """Tell whether both are one process; clocks that were set differ a little in its start."""
        near = abs(self.started - other.started) <= _SAME_START_S
        return near and (self.machine, self.pid) == (other.machine, other.pid)

    @property
    def is_here(self) -> bool:
        """Whether it runs, or ran, on this machine."""
        return self.machine == _machine()

    @property
    def is_running(self) -> bool:
        """Whether this machine runs it; asks nothing of other machines."""
        try:
            process = psutil.Process(self.pid)
            # One that ended and that nobody has waited for holds nothing any more.
            ended = process.status() == psutil.STATUS_ZOMBIE
            return not ended and abs(process.create_time() - self.started) <= _SAME_START_S
        except psutil.Error:
            return False


def this_process() -> Holder:
    """Return the process that asks."""
    return holder_of(psutil.Process().pid)


def holder_of(pid: int) -> Holder:
    """Return a running process of this machine.

    Raises
    ------
    psutil.Error
        If there is none with this number.
    """
    return Holder(_machine(), pid, psutil.Process(pid).create_time())


@functools.cache
def _machine() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:16]
