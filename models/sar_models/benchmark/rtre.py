"""Relative target registration error, as the ANHIR challenge defines it.

Borovec et al., "ANHIR: Automatic Non-Rigid Histological Image Registration Challenge", IEEE TMI
2020: landmark distance over the diagonal of the target image; per pair median and maximum;
in total their means and medians; robustness is the share of landmarks that came closer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points, Size


@dataclass(frozen=True)
class PairErrors:
    """Relative landmark errors of one pair, each a share of the target's diagonal."""

    before_median: float
    median: float
    mean: float
    maximum: float
    robustness: float
    mapped: float


@dataclass(frozen=True)
class TotalErrors:
    """ANHIR's figures over all pairs."""

    median_of_medians: float
    mean_of_medians: float
    worst_median: float
    mean_of_means: float
    median_of_maxima: float
    mean_robustness: float
    pairs_not_worse: int
    pairs: int


def rtre(found: Points, truth: Points, target: Size) -> NDArray[np.float64]:
    """Return the error of each landmark, ``(N,)``; infinite where it has no counterpart."""
    distance = np.linalg.norm(found - truth, axis=1) / target.diagonal
    return np.where(np.isfinite(distance), distance, np.inf)


def pair_errors(before: NDArray[np.float64], after: NDArray[np.float64]) -> PairErrors:
    """Summarise the landmark errors of one pair, ``(N,)`` each.

    A landmark that was not mapped counts as infinitely wrong, so that silence is no advantage.
    """
    return PairErrors(
        float(np.median(before)),
        float(np.median(after)),
        float(np.mean(after)),
        float(np.max(after)),
        float(np.mean(after < before)),
        float(np.mean(np.isfinite(after))),
    )


def total_errors(pairs: Sequence[PairErrors]) -> TotalErrors:
    """Summarise all pairs."""
    medians = np.array([pair.median for pair in pairs])
    return TotalErrors(
        float(np.median(medians)),
        float(np.mean(medians)),
        float(np.max(medians)),
        float(np.mean([pair.mean for pair in pairs])),
        float(np.median([pair.maximum for pair in pairs])),
        float(np.mean([pair.robustness for pair in pairs])),
        sum(pair.median <= pair.before_median for pair in pairs),
        len(pairs),
    )
