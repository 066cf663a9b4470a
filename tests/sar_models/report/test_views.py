import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sar_models.domain.errors import FrameError
from sar_models.domain.geometry import Mpp
from sar_models.domain.transforms import Affine
from sar_models.report import SlideView


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_only_rgb_bytes_make_a_view(image: np.ndarray) -> None:
    with pytest.raises(FrameError, match="view"):
        SlideView(image, Affine.identity())


@given(width=st.integers(1, 400), height=st.integers(1, 400), longest=st.integers(1, 300))
def test_shrinking_keeps_the_corners_of_the_slide(width: int, height: int, longest: int) -> None:
    view = SlideView(np.zeros((height, width, 3), np.uint8), Affine.scaling(7.0, 9.0))
    small = view.shrunk(longest)
    assert max(small.size.width, small.size.height) <= max(longest, 1)
    corner = small.slide_from_view.map(np.array([[0, 0], small.size.as_array()]))
    np.testing.assert_allclose(corner, [[0, 0], [7.0 * width, 9.0 * height]], rtol=1e-12)


def test_a_small_view_is_left_alone() -> None:
    view = SlideView(np.zeros((30, 40, 3), np.uint8), Affine.identity())
    assert view.shrunk() is view


def test_width_of_a_pixel_uses_the_mpp_of_its_axis() -> None:
    view = SlideView(np.zeros((3, 3, 3), np.uint8), Affine.scaling(8.0, 4.0))
    assert view.um_per_px(Mpp(0.5, 0.25)) == pytest.approx(4.0)
    assert view.um_per_px(None) is None
