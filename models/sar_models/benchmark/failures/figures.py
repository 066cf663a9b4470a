"""How well the risk tells wrong alignments from right ones."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import mannwhitneyu

from sar_models.benchmark.intervals import bootstrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sar_models.benchmark.failures.trial import Judgement

WRONG_FROM = 0.02
"""Error, share of the target's diagonal, from which on an alignment is wrong."""
HARD_BAND = (0.01, 0.05)
"""Errors around it, where right and wrong are hardest to tell apart."""
_DRAWS = 1000


@dataclass(frozen=True)
class Discrimination:
    """How well a risk ranks wrong alignments above right ones.

    Parameters
    ----------
    right, wrong : int
        Alignments of either kind.
    auroc : float or None
        Chance that a wrong one has the higher risk; ``None`` where one kind is missing.
    interval : pair of float or None
        95 % of it when pairs are drawn anew: alignments of one pair are alike.
    """

    right: int
    wrong: int
    auroc: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class FailureFigures:
    """Figures of all judgements.

    Parameters
    ----------
    all, hard : Discrimination
        Of all alignments, and of those in `HARD_BAND`.
    kinds : dict of str to int
        Alignments of each kind.
    bins : tuple of (low, high, count, wrong share)
        Of the risk: what it promises, and what is so.
    """

    all: Discrimination
    hard: Discrimination
    kinds: dict[str, int]
    bins: tuple[tuple[float, float, int, float], ...]


def figures_of(judgements: Sequence[Judgement], seed: int = 0) -> FailureFigures:
    """Return the figures of judgements.

    Parameters
    ----------
    judgements : sequence of Judgement
    seed : int
        Of the intervals.
    """
    low, high = HARD_BAND
    hard = [j for j in judgements if low <= j.error_share <= high]
    return FailureFigures(
        discrimination(judgements, seed),
        discrimination(hard, seed),
        dict(Counter(j.kind for j in judgements)),
        _bins(judgements),
    )


def discrimination(judgements: Sequence[Judgement], seed: int = 0) -> Discrimination:
    """Return how well the risk of some judgements tells wrong from right."""
    rows = np.array([(j.risk, j.error_share > WRONG_FROM) for j in judgements]).reshape(-1, 2)
    wrong = int(rows[:, 1].sum())
    right = len(rows) - wrong
    if not (right and wrong):
        return Discrimination(right, wrong, None, None)
    found = bootstrap(rows, _auroc, [j.pair for j in judgements], draws=_DRAWS, seed=seed)
    return Discrimination(right, wrong, found.value, (found.low, found.high))


def _auroc(rows: NDArray[np.float64]) -> float:
    """Return the chance that a wrong one has the higher risk, of (N, 2) risks and wrongs."""
    wrong = rows[:, 1] > 0
    if wrong.all() or not wrong.any():
        return float("nan")
    risk = rows[:, 0]
    statistic = mannwhitneyu(risk[wrong], risk[~wrong], method="asymptotic").statistic
    return float(statistic) / (int(wrong.sum()) * int((~wrong).sum()))


def _bins(judgements: Sequence[Judgement]) -> tuple[tuple[float, float, int, float], ...]:
    edges = (0.0, 0.05, 0.2, 0.5, 0.8, 1.0)
    found = []
    for low, high in itertools.pairwise(edges):
        inside = [j for j in judgements if low <= j.risk < high or j.risk == high == 1.0]
        wrong = sum(j.error_share > WRONG_FROM for j in inside)
        found.append((low, high, len(inside), wrong / len(inside) if inside else float("nan")))
    return tuple(found)
