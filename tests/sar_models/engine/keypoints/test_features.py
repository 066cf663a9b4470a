"""Turns, and descriptors of unit length."""

from __future__ import annotations

import numpy as np
import pytest

from sar_models.engine.keypoints.features import ALL_TURNS, Turn, of_unit_length


@pytest.mark.parametrize("turn", [Turn(50.0), Turn(-120.0, mirror=True), Turn()])
def test_a_turn_is_read_off_its_own_map(turn: Turn) -> None:
    found = Turn.of(turn.affine)
    assert found.mirror == turn.mirror
    assert found.angle_deg == pytest.approx(turn.angle_deg)


def test_how_far_turns_are_apart() -> None:
    assert Turn(350.0).apart_deg(Turn(10.0)) == pytest.approx(20.0)
    assert Turn(10.0).apart_deg(Turn(10.0, mirror=True)) == 180.0


def test_every_angle_is_within_fifteen_degrees_of_a_turn() -> None:
    for mirror in (False, True):
        for angle in np.arange(0.0, 360.0, 5.0):
            assert min(Turn(angle, mirror).apart_deg(turn) for turn in ALL_TURNS) <= 15.0


def test_descriptors_have_unit_length_but_for_what_shows_nothing() -> None:
    found = of_unit_length(np.array([[3.0, 4.0], [0.0, 0.0]], dtype=np.float32))
    np.testing.assert_allclose(found, [[0.6, 0.8], [0.0, 0.0]], atol=1e-6)
