from __future__ import annotations

import numpy as np
import pytest

from sar_models.synthesis.noise import SmoothField, grain, stream, sub_seed
from sar_models.synthesis.raster import Raster

EXTENT = (-300.0, 50.0, 900.0, 850.0)


def test_streams_are_told_apart_by_seed_and_purpose() -> None:
    draws = [
        tuple(stream(seed, *purpose).random(4))
        for seed in (0, 1)
        for purpose in (("a",), ("b",), ("a", "b"), ("a", 1))
    ]
    assert len(set(draws)) == len(draws)
    assert tuple(stream(0, "a").random(4)) == draws[0]
    assert sub_seed(3, "x") == sub_seed(3, "x") != sub_seed(3, "y")


def test_field_is_the_same_function_on_points_and_on_rasters_of_any_step() -> None:
    field = SmoothField.draw(stream(1, "field"), EXTENT, 120.0)
    for step in (7.0, 20.0):
        raster = Raster.over(EXTENT, step)
        xs, ys = raster.axes_um()
        grid = np.stack([part.ravel() for part in np.meshgrid(xs, ys)], axis=1)
        np.testing.assert_allclose(field.on(raster).ravel(), field.at(grid), atol=2e-5)


def test_field_has_unit_deviation_and_is_smooth() -> None:
    raster = Raster.over((0, 0, 6000, 6000), 20.0)
    values = SmoothField.draw(stream(2, "field"), raster.extent, 200.0).on(raster)
    assert values.std() == pytest.approx(1.0, abs=0.08)
    assert np.abs(np.diff(values, axis=1)).max() < 1.0


def test_grain_has_the_asked_size() -> None:
    raster = Raster.over((0, 0, 800, 800), 2.0)
    fine, coarse = (grain(stream(3, "g"), raster, size) for size in (2.0, 20.0))
    roughness = [np.abs(np.diff(g, axis=1)).mean() for g in (fine, coarse)]
    assert roughness[0] > 3 * roughness[1]
    assert coarse.std() == pytest.approx(1.0, abs=1e-3)
