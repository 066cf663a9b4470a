"""Figures with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import t as student_t

if TYPE_CHECKING:
    from collections.abc import Callable

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
    values: ArrayLike, figure: Callable[[NDArray[np.float64]], float] = _mean
) -> Interval:
    """Return a figure of values with its interval, by drawing them anew with replacement.

    Parameters
    ----------
    values : (N, ...) array
        Finite, at least one row: what is drawn are rows.
    figure : callable
        Of the rows; their mean by default.
    """
    rows = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(_SEED)
    drawn = [figure(rows[rng.integers(len(rows), size=len(rows))]) for _ in range(_DRAWS)]
    low, high = (float(v) for v in np.quantile(drawn, (0.025, 0.975)))
    return Interval(figure(rows), low, high, len(rows))


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
