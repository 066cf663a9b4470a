"""Figures with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import t as student_t

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

_DRAWS = 2000
_SEED = 0


@dataclass(frozen=True)
class Interval:
    """A figure, and its 95 % interval; ``count`` is how many values it is of."""

    value: float
    low: float
    high: float
    count: int


def _mean(rows: NDArray[np.float64]) -> float:
    return float(rows.mean())


def bootstrap(
    values: ArrayLike,
    figure: Callable[[NDArray[np.float64]], float] = _mean,
    groups: Sequence[str] | None = None,
    *,
    draws: int = _DRAWS,
    seed: int = _SEED,
) -> Interval:
    """Return a figure of values with its interval, by drawing them anew with replacement.

    Parameters
    ----------
    values : (N, ...) array
        Finite, at least one row: what is drawn are rows.
    figure : callable
        Of the rows; their mean by default. NaN where drawn rows have none: that draw is left out.
    groups : sequence of N str, optional
        Rows of one name are alike: they are drawn together.
    draws, seed : int
    """
    rows = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(seed)
    members = _members(groups, len(rows))
    drawn = [
        figure(rows[np.concatenate([members[i] for i in picked])])
        for picked in (rng.integers(len(members), size=len(members)) for _ in range(draws))
    ]
    low, high = (float(v) for v in np.nanquantile(drawn, (0.025, 0.975)))
    return Interval(figure(rows), low, high, len(rows))


def _members(groups: Sequence[str] | None, count: int) -> list[NDArray[np.intp]]:
    """Return the rows of each group; every row alone if there are none."""
    if groups is None:
        return list(np.arange(count, dtype=np.intp)[:, None])
    names = np.array(groups)
    return [np.flatnonzero(names == name) for name in dict.fromkeys(groups)]


def over_seeds(values: ArrayLike) -> Interval:
    """Return the mean of a few repetitions with Student's interval.

    Parameters
    ----------
    values : (N,) array
        Finite; of a single one the interval is not defined, and its ends are NaN.
    """
    each = np.asarray(values, dtype=np.float64)
    count, mean = len(each), float(each.mean())
    if count < 2:
        return Interval(mean, float("nan"), float("nan"), count)
    reach = float(student_t.ppf(0.975, count - 1) * each.std(ddof=1) / np.sqrt(count))
    return Interval(mean, mean - reach, mean + reach, count)
