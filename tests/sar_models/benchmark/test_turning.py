"""Turned images and turned landmarks stay together."""

from __future__ import annotations

import numpy as np
import pytest

from sar_models.benchmark.turning import random_turn, turn_image


@pytest.mark.parametrize("index", range(6))
def test_a_mark_is_found_where_its_landmark_went(index: int) -> None:
    image = np.full((90, 140, 3), 255, dtype=np.uint8)
    image[20:29, 30:39] = 0  # centre of the mark: (34.5, 24.5), corner origin
    turn = random_turn((140, 90), seed=3, index=index)
    turned = turn_image(image, turn)
    rows, columns = np.nonzero(turned[..., 0] < 128)
    expected = turn.map(np.array([[34.5, 24.5]]))[0]
    np.testing.assert_allclose([columns.mean() + 0.5, rows.mean() + 0.5], expected, atol=0.3)


def test_turns_are_seeded_and_some_are_mirrored() -> None:
    turns = [random_turn((100, 100), 1, index) for index in range(20)]
    again = random_turn((100, 100), 1, 4)
    np.testing.assert_array_equal(again.matrix, turns[4].matrix)
    assert {turn.mirrored for turn in turns} == {True, False}
    assert len({round(turn.rotation_deg) for turn in turns}) > 15
