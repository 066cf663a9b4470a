"""What a trial is: a pair that can be made, aligned and judged in a worker."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sar_models.engine import AlignOptions, align

if TYPE_CHECKING:
    from sar_models.benchmark.honesty.verdict import TrialResult
    from sar_models.domain.alignment import Alignment
    from sar_models.domain.geometry import Region
    from sar_models.domain.slides import Slide


class Trial(Protocol):
    """One pair to try. Small: it is sent to a worker, which makes or opens the slides."""

    @property
    def group(self) -> str:
        """Kind of pair."""
        ...

    @property
    def name(self) -> str:
        """Which one."""
        ...

    def run(self) -> tuple[TrialResult, ...]:
        """Align the pair and judge what came out."""
        ...


@dataclass(frozen=True, eq=False)
class TimedAlignment:
    """An alignment and the processor seconds that it took, all threads."""

    alignment: Alignment
    cpu_seconds: float


def timed(source: Slide, target: Slide, target_roi: Region | None = None) -> TimedAlignment:
    """Align two open slides at default options, on the processor."""
    started = time.process_time()
    alignment = align(source, target, AlignOptions(device="cpu", target_roi=target_roi))
    return TimedAlignment(alignment, time.process_time() - started)
