"""What the regimes come to: errors, the best geometry, and whether a difference is one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import spearmanr

from sar_models.benchmark.retrieval.regimes import EQUAL_PX, GEOMETRIC, NEAR_PX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sar_models.benchmark.retrieval.regimes import Cell

_DRAWS = 1000
_SEED = 0
_BOUND = 3.89
"""Scales that hold nine of ten errors of a density ``exp(-distance / scale)`` in the plane."""


@dataclass(frozen=True)
class Row:
    """A retriever in one regime, over all numbers of anchors.

    Parameters
    ----------
    retriever, regime : str
    median_px : float
        Mean over the numbers of anchors of the median error.
    near : float
        Share of places found within 20 px.
    """

    retriever: str
    regime: str
    median_px: float
    near: float


@dataclass(frozen=True)
class Against:
    """A retriever against the geometric one that is best in a regime.

    Parameters
    ----------
    retriever, regime, best : str
    gain : float
        How much lower its median error is, in shares of the best one's; negative if higher.
    low, high : float
        95 % interval, episodes drawn anew, the same for both.
    """

    retriever: str
    regime: str
    best: str
    gain: float
    low: float
    high: float


@dataclass(frozen=True)
class Honesty:
    """How well a retriever knows its own errors.

    Parameters
    ----------
    retriever : str
    covered : float
        Share of errors within the bound that ought to hold 90 %.
    rank_correlation : float
        Of what is said and the error, Spearman's.
    sharpness : float
        Median bound over the constant that would cover as many errors.
    """

    retriever: str
    covered: float
    rank_correlation: float
    sharpness: float


def rows_of(cells: Sequence[Cell]) -> list[Row]:
    """Return one row for each retriever and regime."""
    return [
        Row(name, regime, _median(own), float(np.mean([_near(cell) for cell in own])))
        for (name, regime), own in _grouped(cells).items()
    ]


def against_geometry(cells: Sequence[Cell], name: str) -> list[Against]:
    """Compare a retriever with the best geometric one of each regime, by paired bootstrap."""
    grouped = _grouped(cells)
    found = []
    for regime in dict.fromkeys(cell.regime for cell in cells):
        best = min(GEOMETRIC, key=lambda other: _median(grouped[other, regime]))
        own = grouped[name, regime]
        rival = [_first(cell, len(own[0].error_px)) for cell in grouped[best, regime]]
        gains = _gains(own, rival)
        gain = _gain(_median(own), _median(rival))
        low, high = (float(v) for v in np.quantile(gains, (0.025, 0.975)))
        found.append(Against(name, regime, best, gain, low, high))
    return found


def honesty_of(cells: Sequence[Cell], name: str) -> Honesty:
    """Return how well a retriever knows its own errors, over all regimes but the rigid one."""
    own = [cell for cell in cells if cell.retriever == name and cell.regime != "rigid"]
    error = np.concatenate([cell.error_px.ravel() for cell in own])
    sigma = np.concatenate([cell.sigma_px.ravel() for cell in own])
    bound = _BOUND * sigma
    constant = float(np.quantile(error, np.mean(error <= bound)))
    return Honesty(
        name,
        float(np.mean(error <= bound)),
        float(spearmanr(sigma, error).statistic),
        float(np.median(bound)) / max(constant, EQUAL_PX),
    )


def _grouped(cells: Sequence[Cell]) -> dict[tuple[str, str], list[Cell]]:
    grouped: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        grouped.setdefault((cell.retriever, cell.regime), []).append(cell)
    return grouped


def _median(cells: Sequence[Cell]) -> float:
    return float(np.mean([np.median(cell.error_px) for cell in cells]))


def _first(cell: Cell, count: int) -> Cell:
    return replace(cell, error_px=cell.error_px[:count], sigma_px=cell.sigma_px[:count])


def _near(cell: Cell) -> float:
    return float(np.mean(cell.error_px <= NEAR_PX))


def _gain(own: float, best: float) -> float:
    return 0.0 if max(own, best) < EQUAL_PX else (best - own) / max(best, EQUAL_PX)


def _gains(own: Sequence[Cell], best: Sequence[Cell]) -> NDArray[np.float64]:
    """Return the gain under episodes that are drawn anew, the same ones for both."""
    rng = np.random.default_rng(_SEED)
    medians = np.zeros((2, _DRAWS))
    for mine, other in zip(own, best, strict=True):
        count = len(mine.error_px)
        index = rng.integers(count, size=(_DRAWS, count))
        for row, cell in enumerate((mine, other)):
            drawn = cell.error_px[index].reshape(_DRAWS, -1)
            medians[row] += np.median(drawn, axis=1) / len(own)
    return np.array([_gain(a, b) for a, b in medians.T])
