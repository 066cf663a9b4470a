"""One convention: corners, centres, level scales, grids."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sar_models.domain.errors import FrameError, OptionError, TransformError
from sar_models.domain.geometry import (
    Mpp,
    Region,
    ScalarGrid,
    Size,
    as_points,
    centre_from_corner,
    corner_from_centre,
    level_scale,
)

points = arrays(np.float64, st.tuples(st.integers(0, 6), st.just(2)), elements=st.floats(-1e6, 1e6))
sizes = st.builds(Size, st.integers(1, 200_000), st.integers(1, 200_000))


def test_centre_of_the_first_pixel_is_a_half() -> None:
    np.testing.assert_array_equal(corner_from_centre([[0, 0], [3, 7]]), [[0.5, 0.5], [3.5, 7.5]])


@given(points)
def test_half_pixel_round_trip(where: np.ndarray) -> None:
    back = corner_from_centre(centre_from_corner(where))
    np.testing.assert_allclose(back, where, rtol=0, atol=1e-9)


@given(sizes, sizes)
def test_level_scale_maps_the_far_corner_exactly(level0: Size, level: Size) -> None:
    np.testing.assert_allclose(level0.as_array() * level_scale(level0, level), level.as_array())


def test_level_scale_does_not_round_the_downsample() -> None:
    scale = level_scale(Size(100_001, 50_003), Size(25_000, 12_500))
    assert scale[0] != 0.25
    assert 100_001 * scale[0] == pytest.approx(25_000, abs=1e-9)


@pytest.mark.parametrize("values", [[1.0, 2.0], [[1.0, 2.0, 3.0]], np.zeros((2, 2, 2))])
def test_points_of_another_shape_are_refused(values: object) -> None:
    with pytest.raises(TransformError, match=r"\(N, 2\)"):
        as_points(values)


def test_no_points_are_points() -> None:
    assert as_points([]).shape == (0, 2)


@pytest.mark.parametrize("build", [lambda: Size(0, 5), lambda: Region(0, 0, 5, -1)])
def test_empty_extents_are_refused(build: object) -> None:
    with pytest.raises(FrameError):
        build()


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_pixel_sizes_are_refused(value: float) -> None:
    with pytest.raises(OptionError, match="micrometres"):
        Mpp(value, 0.5)


def test_sizes_and_regions() -> None:
    assert Size(3, 4).diagonal == 5
    assert str(Size(3, 4)) == "3 x 4"
    assert Mpp(0.25, 1.0).mean == 0.5
    assert Region(0, 0, 10, 10).lies_in(Size(10, 10))
    assert not Region(1, 0, 10, 10).lies_in(Size(10, 10))
    assert not Region(-1, 0, 2, 2).lies_in(Size(10, 10))
    assert Region(1, 2, 3, 4).size == Size(3, 4)


def test_grid_interpolates_and_continues_its_border() -> None:
    grid = ScalarGrid(np.array([10.0, 20.0]), np.array([2.0, 4.0]), np.array([[0.0, 2], [4, 6]]))
    where = np.array([[10.0, 20], [12, 24], [11, 22], [-99, -99], [99, 99], [np.nan, 0]])
    np.testing.assert_allclose(grid.sample(where), [0, 6, 3, 0, 6, np.nan])
    again = ScalarGrid.from_record(grid.to_record())
    np.testing.assert_array_equal(again.sample(where), grid.sample(where))
    np.testing.assert_array_equal(ScalarGrid.constant(3).sample(where[:2]), [3, 3])


@pytest.mark.parametrize(
    ("origin", "spacing", "values"),
    [
        (np.zeros(2), np.ones(2), np.zeros(3)),
        (np.zeros(2), np.zeros(2), np.zeros((2, 2))),
        (np.zeros(3), np.ones(2), np.zeros((2, 2))),
    ],
)
def test_impossible_grids_are_refused(
    origin: np.ndarray, spacing: np.ndarray, values: np.ndarray
) -> None:
    with pytest.raises(TransformError):
        ScalarGrid(origin, spacing, values)
