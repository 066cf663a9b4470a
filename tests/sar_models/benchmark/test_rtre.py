"""The figures are those of the definition."""

from __future__ import annotations

import numpy as np
import pytest

from sar_models.benchmark.rtre import pair_errors, rtre, total_errors
from sar_models.domain.geometry import Size


def test_error_is_relative_to_the_targets_diagonal() -> None:
    found = np.array([[3.0, 4.0], [np.nan, np.nan]])
    errors = rtre(found, np.zeros((2, 2)), Size(300, 400))
    np.testing.assert_allclose(errors, [0.01, np.inf])


def test_unmapped_landmarks_are_no_advantage() -> None:
    before = np.full(4, 0.05)
    errors = pair_errors(before, np.array([0.01, 0.02, 0.09, np.inf]))
    assert errors.median == pytest.approx(0.055)
    assert errors.maximum == np.inf
    assert errors.robustness == 0.5
    assert errors.mapped == 0.75


def test_totals() -> None:
    before = np.full(3, 0.05)
    pairs = [pair_errors(before, np.full(3, error)) for error in (0.01, 0.02, 0.06)]
    total = total_errors(pairs)
    assert total.median_of_medians == pytest.approx(0.02)
    assert total.mean_of_medians == pytest.approx(0.03)
    assert total.worst_median == pytest.approx(0.06)
    assert total.mean_robustness == pytest.approx(2 / 3)
    assert (total.pairs_not_worse, total.pairs) == (2, 3)
