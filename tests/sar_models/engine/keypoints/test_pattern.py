"""The pattern turns with the picture."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from sar_models.domain.transforms import Affine
from sar_models.engine.keypoints.features import Turn
from sar_models.engine.keypoints.pattern import DIRECTIONS, Pattern, Ring, is_whole, permuted
from sar_models.engine.warping import warp

RINGS = (Ring(4.0, 1.0), Ring(9.0, 2.0))


def layers(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(3, 96, 96))
    return np.stack([gaussian_filter(layer, 3.0) for layer in noise]).astype(np.float32)


@pytest.mark.parametrize("turn", [Turn(37.0), Turn(90.0), Turn(-65.0, mirror=True)])
def test_the_turned_pattern_sees_what_the_pattern_sees_in_the_turned_picture(turn: Turn) -> None:
    middle = Affine.translation((48.0, 48.0))
    turned_from_picture = middle @ turn.affine @ middle.inverse()
    picture = layers()
    turned = np.stack([warp(layer, turned_from_picture, (96, 96)) for layer in picture])
    places = np.array([[48.0, 48.0], [55.0, 40.0]])
    expected = Pattern.over(turned, RINGS).around(turned_from_picture.map(places), Turn())
    found = Pattern.over(picture, RINGS).around(places, turn)
    assert found.shape == (2, 1 + DIRECTIONS * len(RINGS), 3)
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.995


@pytest.mark.parametrize("turn", [Turn(), Turn(30.0), Turn(270.0), Turn(60.0, mirror=True)])
def test_whole_turns_need_no_second_look(turn: Turn) -> None:
    pattern = Pattern.over(layers(1), RINGS)
    places = np.array([[40.0, 50.0], [50.0, 44.0]])
    unturned = pattern.around(places, Turn())
    np.testing.assert_allclose(permuted(unturned, turn), pattern.around(places, turn), atol=1e-4)


def test_which_turns_are_whole() -> None:
    assert is_whole(Turn(330.0, mirror=True))
    assert not is_whole(Turn(331.0))


def test_beyond_the_picture_there_is_nothing() -> None:
    found = Pattern.over(layers(), RINGS).around(np.array([[-40.0, -40.0]]), Turn())
    assert not found.any()
