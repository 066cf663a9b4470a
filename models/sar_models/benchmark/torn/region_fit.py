"""The confidence of regions, fitted on regions whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from sar_models.benchmark.torn.region_summary import is_right
from sar_models.domain.errors import InputError
from sar_models.engine.anchored.regions import SIGNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sar_models.benchmark.torn.region_scores import RegionScore

_LEAST_DEVIATION = 0.1
_RIDGE = 0.5
"""Weight of the squared coefficients, of standardised signs, against one region's surprise."""


@dataclass(frozen=True)
class RegionFit:
    """Coefficients of the logistic model in `sar_models.engine.anchored.regions`."""

    offset: float
    weights: dict[str, float]


def fit_regions(scores: Sequence[RegionScore]) -> RegionFit:
    """Fit the chance that a mapped region lies where it belongs.

    Parameters
    ----------
    scores : sequence of RegionScore
        Of pairs that are not used to measure the model.

    Raises
    ------
    InputError
        If they are all right, or all wrong.
    """
    known = [score for score in scores if score.signs is not None]
    right = np.array([is_right(score) for score in known], dtype=bool)
    if right.all() or not right.any():
        raise InputError(
            f"Of {len(right)} mapped regions {int(right.sum())} are right: nothing to tell apart",
            remedy="Fit on more pairs.",
        )
    signs = np.array([score.signs for score in known])
    # A sign that hardly varies among these regions has nothing to tell of others.
    mean, deviation = signs.mean(axis=0), np.maximum(signs.std(axis=0), _LEAST_DEVIATION)
    standard = (signs - mean) / deviation

    def surprise(values: NDArray[np.float64]) -> float:
        logit = values[0] + standard @ values[1:]
        likelihood = np.where(right, expit(logit), expit(-logit))
        return float(-np.log(np.maximum(likelihood, 1e-12)).sum()) + _RIDGE * float(
            (values[1:] ** 2).sum()
        )

    values = minimize(surprise, np.zeros(1 + signs.shape[1])).x
    weights = values[1:] / deviation
    return RegionFit(
        float(values[0] - weights @ mean), dict(zip(SIGNS, map(float, weights), strict=True))
    )
