"""One slide under the stain of another, with the weights that ship."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from sar_models.domain.errors import InputError
from sar_models.engine import restain
from sar_models.engine.tissue import find_tissue
from sar_models.synthesis import GeneratedPair, PairOptions, generate_pair

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def pair() -> GeneratedPair:
    return generate_pair(3, PairOptions(size_px=360, mpp=8.0, target_stain="panck"))


def tint(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the share of red, green and blue in what pixels ``(N, 3)`` absorb."""
    density = -np.log(np.maximum(pixels, 4) / 245.0).mean(axis=0)
    return np.asarray(density / density.sum())


def test_tissue_gets_the_colour_of_the_target_and_keeps_its_place(pair: GeneratedPair) -> None:
    source, target = pair.source.image, pair.target.image
    found = restain(source, target)
    assert (found.shape, found.dtype) == (source.shape, np.uint8)
    on, there = find_tissue(source).mask, find_tissue(target).mask
    wanted = tint(target[there])
    assert np.abs(tint(found[on]) - wanted).max() < 0.4 * np.abs(tint(source[on]) - wanted).max()
    # Glass is the target's, one colour everywhere.
    assert np.ptp(found[~on], axis=0).max() == 0
    assert np.abs(found[~on][0] - np.median(target[~there], axis=0)).max() < 8
    # What is dark stays darker than what is pale.
    light = source[on].mean(axis=1), found[on].mean(axis=1)
    assert np.corrcoef(*light)[0, 1] > 0.4


def test_equal_pictures_give_equal_ones(pair: GeneratedPair) -> None:
    one, other = (restain(pair.source.image, pair.target.image) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_what_cannot_be_restained_is_told(pair: GeneratedPair) -> None:
    image = pair.source.image
    with pytest.raises(InputError, match="The target shows no tissue at 90 x 80 pixels"):
        restain(image, np.full((80, 90, 3), 240, np.uint8))
    with pytest.raises(InputError, match="The source has pixels of shape"):
        restain(image[..., 0], image)
    with pytest.raises(InputError, match="float64"):
        restain(image, image / 255)
