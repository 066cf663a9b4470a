"""Distances from a known truth, in pixels, micrometres and shares of the diagonal."""

from __future__ import annotations

import math

import numpy as np
import pytest
from builders import slide_info

from sar_models.benchmark.truth import truth_errors
from sar_models.domain.geometry import Mpp, Size

TARGET = slide_info("target", Size(300, 400), Mpp(2.0, 2.0))


def test_units() -> None:
    truth = np.array([[10.0, 10.0], [50.0, 20.0], [100.0, 300.0]])
    found = truth + np.array([[3.0, 4.0], [0.0, 0.0], [30.0, 40.0]])
    errors = truth_errors(found, truth, TARGET)
    assert (errors.points, errors.mapped) == (3, 1.0)
    assert (errors.median_px, errors.p95_px, errors.maximum_px) == pytest.approx((5, 50, 50))
    assert (errors.median_um, errors.p95_um) == pytest.approx((10, 100))
    assert (errors.median_share, errors.maximum_share) == pytest.approx((0.01, 0.1))


def test_a_point_without_a_place_is_no_advantage() -> None:
    truth = np.zeros((4, 2))
    found = np.array([[0.0, 0.0], [1.0, 0.0], [np.nan, np.nan], [np.nan, np.nan]])
    errors = truth_errors(found, truth, TARGET)
    assert errors.mapped == 0.5
    assert math.isinf(errors.p95_px)
    assert math.isinf(truth_errors(np.full((2, 2), np.nan), truth[:2], TARGET).median_share)


def test_micrometres_need_a_pixel_size() -> None:
    errors = truth_errors(np.ones((2, 2)), np.ones((2, 2)), slide_info("t", Size(10, 10)))
    assert errors.median_um is None
    assert errors.p95_um is None
