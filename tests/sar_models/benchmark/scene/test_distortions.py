"""Changes of light and stain: none at zero, more with strength, nothing moves."""

from __future__ import annotations

import numpy as np
import pytest

from sar_models.benchmark.scene.distortions import DISTORTIONS, STRENGTHS, distorted
from sar_models.engine.tissue import find_tissue
from sar_models.synthesis import PairOptions, generate_pair


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return generate_pair(11, PairOptions(size_px=240, mpp=12.0, jpeg=False)).target.image


@pytest.mark.parametrize("kind", DISTORTIONS)
def test_a_change_grows_with_its_strength_and_leaves_glass_alone(
    kind: str, image: np.ndarray
) -> None:
    np.testing.assert_array_equal(distorted(image, kind, 0.0, 3), image)
    changes = []
    for strength in STRENGTHS:
        found = distorted(image, kind, strength, 3)
        assert (found.shape, found.dtype) == (image.shape, np.uint8)
        np.testing.assert_array_equal(found, distorted(image, kind, strength, 3))
        changes.append(np.abs(found.astype(int) - image).mean())
    assert changes[0] > 0.2
    assert (np.diff(changes) > 0).all()
    glass = ~find_tissue(image).mask
    glass[:] = glass & (np.arange(len(glass)) < 15)[:, None]
    assert np.abs(found[glass].astype(int) - image[glass]).mean() < 4


def test_inversion_makes_the_dark_pale(image: np.ndarray) -> None:
    inverted = distorted(image, "inversion", 1.0, 0)
    # Glass inside of the tissue stays as it is.
    stained = find_tissue(image).mask & (image.mean(axis=2) < 200)
    before, after = (picture[stained].mean(axis=1) for picture in (image, inverted))
    assert np.corrcoef(before, after)[0, 1] < -0.5


def test_seeds_give_different_changes(image: np.ndarray) -> None:
    for kind in ("remix", "histogram"):
        one, other = (distorted(image, kind, 1.0, seed) for seed in (0, 1))
        assert np.abs(one.astype(int) - other).mean() > 1
