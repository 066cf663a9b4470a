"""What comes back from a torn pair that was tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sar_models.benchmark.isolated import MeasuredRun
    from sar_models.benchmark.torn.ceilings import Ceilings
    from sar_models.benchmark.torn.region_scores import RegionScore
    from sar_models.benchmark.torn.score import TornScore


@dataclass(frozen=True)
class TornResult:
    """One pair that was aligned: its score, what could be reached, its regions, what it cost."""

    name: str
    score: TornScore
    ceilings: Ceilings | None
    run: MeasuredRun
    regions: tuple[RegionScore, ...] = ()


@dataclass(frozen=True)
class BrokenPair:
    """A pair that ended with an error instead of an alignment."""

    name: str
    error: str
