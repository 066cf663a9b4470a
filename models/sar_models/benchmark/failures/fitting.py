"""The risk model, fitted on judgements whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from sar_models.benchmark.failures.figures import WRONG_FROM
from sar_models.domain.errors import InputError
from sar_models.engine.risk import SIGNS, signs_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sar_models.benchmark.failures.trial import Judgement

_RIDGE = 0.3
"""Weight of the squared coefficients, of standardised signs, against one alignment's surprise."""


@dataclass(frozen=True)
class RiskFit:
    """Coefficients of the logistic model in `sar_models.engine.risk`.

    Parameters
    ----------
    offset : float
    weights : dict of str to float
        Of each sign.
    """

    offset: float
    weights: dict[str, float]


def fit_risk(judgements: Sequence[Judgement]) -> RiskFit:
    """Fit the risk model: the chance that an alignment is off by more than 2 % of the diagonal.

    Parameters
    ----------
    judgements : sequence of Judgement
        Of tissue that is not used to measure the model.

    Raises
    ------
    InputError
        If they are all right, or all wrong.
    """
    signs = np.array([signs_of(judgement.metrics) for judgement in judgements])
    wrong = np.array([judgement.error_share > WRONG_FROM for judgement in judgements])
    if wrong.all() or not wrong.any():
        raise InputError(
            f"Of {len(wrong)} alignments {int(wrong.sum())} are wrong: nothing to tell apart",
            remedy="Fit on more pairs.",
        )
    mean, deviation = signs.mean(axis=0), signs.std(axis=0) + 1e-9
    standard = (signs - mean) / deviation

    def surprise(values: NDArray[np.float64]) -> float:
        logit = values[0] + standard @ values[1:]
        likelihood = np.where(wrong, expit(logit), expit(-logit))
        ridge = _RIDGE * float((values[1:] ** 2).sum())
        return float(-np.log(np.maximum(likelihood, 1e-12)).sum()) + ridge

    values = minimize(surprise, np.zeros(1 + signs.shape[1])).x
    weights = values[1:] / deviation
    return RiskFit(
        float(values[0] - weights @ mean), dict(zip(SIGNS, map(float, weights), strict=True))
    )
