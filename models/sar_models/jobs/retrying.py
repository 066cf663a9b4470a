"""How often, and how soon, a job that failed is tried again."""

from __future__ import annotations

from dataclasses import dataclass

from sar_models.domain.errors import OptionError


@dataclass(frozen=True)
class RetryPolicy:
    """When to give a job up."""

    retries: int = 2
    """How often a job that raised an error, or whose worker died, is tried again. Errors about
    what was handed in are not retried at all: the slide will be as broken the next time."""
    first_delay_s: float = 2.0
    """Wait before the first retry: a disk or a server that is away needs a moment."""
    factor: float = 5.0
    """Each further wait is this much longer."""
    longest_delay_s: float = 300.0
    """And never longer than this."""
    interruptions: int = 10
    """How often a job may be interrupted because everything around it ended (a kill of all, a
    reboot). It is seldom the job's fault, but it may be: a machine that it brings down is one."""

    def __post_init__(self) -> None:
        if self.retries < 0:
            raise OptionError(f"{self.retries!r} retries", remedy="Give 0 or more.")

    def delay_s(self, failures: int) -> float | None:
        """Return the wait after so many failures; ``None`` to give up."""
        if failures > self.retries:
            return None
        return min(self.first_delay_s * self.factor ** (failures - 1), self.longest_delay_s)
