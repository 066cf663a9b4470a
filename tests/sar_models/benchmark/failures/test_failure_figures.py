"""How well a risk tells wrong alignments from right ones."""

from __future__ import annotations

import numpy as np
import pytest

from sar_models.benchmark.failures.figures import discrimination, figures_of
from sar_models.benchmark.failures.fitting import fit_risk
from sar_models.benchmark.failures.trial import Judgement
from sar_models.domain.errors import InputError
from sar_models.engine.risk import SIGNS, signs_of

METRICS = {"shift_contrast": 0.2, "inlier_ratio": 0.5, "evidence": 9.0}


def judged(pair: int, error: float, risk: float, **metrics: float) -> Judgement:
    return Judgement(f"pair {pair}", "found", error, risk, METRICS | metrics)


def test_a_risk_that_ranks_all_wrong_ones_higher_is_perfect() -> None:
    found = discrimination(
        [judged(i, 0.005, 0.1) for i in range(4)] + [judged(i, 0.08, 0.2) for i in range(4)]
    )
    assert (found.right, found.wrong) == (4, 4)
    assert found.auroc == 1.0
    assert found.interval == (1.0, 1.0)


def test_equal_risks_tell_nothing_and_reversed_ones_mislead() -> None:
    errors = (0.005, 0.06, 0.01, 0.3)
    assert discrimination([judged(0, e, 0.5) for e in errors]).auroc == 0.5
    assert discrimination([judged(0, e, 1.0 - e) for e in errors]).auroc == 0.0


def test_without_wrong_ones_there_is_nothing_to_tell() -> None:
    found = discrimination([judged(0, 0.001, 0.1)])
    assert found.auroc is None
    assert found.interval is None


def test_the_hard_band_is_around_the_bound() -> None:
    far = [judged(i, e, r) for i, (e, r) in enumerate([(0.001, 0.0), (0.2, 1.0)])]
    near = [judged(i, e, r) for i, (e, r) in enumerate([(0.015, 0.6), (0.025, 0.4)])]
    figures = figures_of(far + near)
    assert figures.hard.auroc == 0.0
    assert figures.all.auroc == pytest.approx(0.75)
    assert [count for *_, count, _ in figures.bins] == [1, 0, 1, 1, 1]
    assert figures.kinds == {"found": 4}


def test_a_fit_finds_what_tells_them_apart() -> None:
    rng = np.random.default_rng(0)
    some = []
    for index in range(60):
        wrong = index % 2 == 0
        contrast = 0.03 * np.exp(rng.normal(0, 0.3)) if wrong else 0.3
        some.append(judged(index, 0.1 if wrong else 0.004, 0.5, shift_contrast=contrast))
    fit = fit_risk(some)
    assert fit.weights["contrast"] < -0.5
    assert abs(fit.weights["evidence"]) < 1e-3
    logits = [
        fit.offset
        + sum(fit.weights[n] * v for n, v in zip(SIGNS, signs_of(j.metrics), strict=True))
        for j in some
    ]
    assert all((logit > 0) == (j.error_share > 0.02) for logit, j in zip(logits, some, strict=True))


def test_a_fit_needs_both_kinds() -> None:
    with pytest.raises(InputError, match="nothing to tell apart"):
        fit_risk([judged(0, 0.001, 0.1), judged(1, 0.002, 0.1)])
