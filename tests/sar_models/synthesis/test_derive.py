from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from sar_models.domain.errors import OptionError
from sar_models.domain.geometry import Mpp
from sar_models.synthesis import DeriveOptions, GeneratedPair, derive


def _dotted() -> tuple[np.ndarray, np.ndarray]:
    """Return a pale picture with dark dots, and where they are."""
    image = np.full((300, 420, 3), 225, dtype=np.uint8)
    centres = np.array([[80, 70], [330, 90], [210, 160], [90, 240], [340, 230]])
    for x, y in centres:
        cv2.circle(image, (int(x), int(y)), 4, (70, 40, 120), -1)
    return image, centres + 0.5


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("magnification", [1.0, 0.5, 1.7])
def test_dots_land_where_the_truth_says(mirror: bool, magnification: float) -> None:
    image, centres = _dotted()
    # Small dots and a long warp: the middle of a bent dot is not where its middle went.
    options = DeriveOptions(
        mirror=mirror, magnification=magnification, warp_length=0.3, restain=False, jpeg=False
    )
    derived = derive(image, 3, options)
    dark = 255.0 - derived.image.mean(axis=2)
    dark = np.maximum(dark - np.median(dark) - 25, 0)
    reach = int(10 * magnification) + 2
    for expected in derived.truth.map(centres):
        corner = np.floor(expected).astype(int) - reach
        patch = dark[corner[1] :, corner[0] :][: 2 * reach, : 2 * reach]
        ys, xs = np.mgrid[0 : patch.shape[0], 0 : patch.shape[1]] + 0.5
        found = corner + np.array([(patch * xs).sum(), (patch * ys).sum()]) / patch.sum()
        np.testing.assert_allclose(found, expected, atol=0.15)


def test_all_of_the_original_is_on_the_derivative(small_pair: GeneratedPair) -> None:
    image = small_pair.source.image
    derived = derive(image, 4, mpp=Mpp(2.0, 2.0))
    h, w = image.shape[:2]
    corners = derived.truth.map(np.array([[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]]))
    assert (corners > 0).all()
    assert (corners < [derived.image.shape[1], derived.image.shape[0]]).all()
    assert derived.mpp == Mpp(2.0, 2.0)


def test_restaining_changes_colour(small_pair: GeneratedPair) -> None:
    options = DeriveOptions(turn_deg=0.0, mirror=False, scale=1.0, jpeg=False)
    restained = derive(small_pair.source.image, 4, options).image
    same = derive(small_pair.source.image, 4, dataclasses.replace(options, restain=False)).image
    assert np.abs(restained.astype(int) - same).mean() > 4


def test_derivatives_repeat_by_seed(small_pair: GeneratedPair) -> None:
    first, again, other = (derive(small_pair.source.image, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.image, again.image)
    assert first.image.shape != other.image.shape or not np.array_equal(first.image, other.image)


def test_pixel_size_follows_the_magnification(small_pair: GeneratedPair) -> None:
    options = DeriveOptions(magnification=2.0, jpeg=False)
    assert derive(small_pair.source.image, 1, options, Mpp(1.0, 3.0)).mpp == Mpp(0.5, 1.5)


def test_impossible_magnification_is_refused() -> None:
    with pytest.raises(OptionError, match="magnification"):
        DeriveOptions(magnification=0.0)
