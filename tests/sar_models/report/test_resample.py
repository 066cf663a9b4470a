import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sar_models.domain.geometry import Size
from sar_models.domain.transforms import Affine
from sar_models.report.resample import (
    linear_weights,
    node_count,
    pixel_centres,
    sample,
    shrink,
    warp_affine,
)


@given(count=st.integers(1, 200), step=st.integers(1, 20))
def test_weights_reproduce_straight_lines(count: int, step: int) -> None:
    weights = linear_weights(count, step)
    assert weights.shape == (count, node_count(count, step))
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    nodes = np.arange(weights.shape[1]) * step
    np.testing.assert_allclose(weights @ nodes, np.arange(count), atol=1e-9)


def test_sampling_at_pixel_centres_changes_nothing() -> None:
    image = np.random.default_rng(0).integers(0, 256, (9, 13, 3), dtype=np.uint8)
    np.testing.assert_array_equal(sample(image, pixel_centres(Size(13, 9)), 0), image)


def test_sampling_beyond_the_image_and_at_nan_gives_the_outside() -> None:
    image = np.full((4, 4), 7.0, np.float32)
    at = np.array([[[-5.0, 1.0], [np.nan, 2.0], [2.0, 2.0]]])
    np.testing.assert_array_equal(sample(image, at, 3.0), [[3.0, 3.0, 7.0]])


def test_warping_by_a_whole_shift_moves_pixels() -> None:
    image = np.arange(20, dtype=np.float32).reshape(4, 5)
    moved = warp_affine(image, Affine.translation((1.0, 2.0)), Size(4, 2), -1.0)
    np.testing.assert_array_equal(moved, image[2:, 1:])


def test_shrinking_averages() -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    image[0] = 200
    assert shrink(image, Size(1, 1)).ravel().tolist() == pytest.approx([100, 100, 100])
