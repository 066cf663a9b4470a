"""Pieces of tissue, and the parts of a piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sar_models.engine.fragments.pieces import pieces_of, split_at_cracks, split_at_necks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]


def assert_divides(parts: Sequence[Mask], whole: Mask) -> None:
    """Each pixel of the whole is in exactly one part."""
    np.testing.assert_array_equal(np.sum(parts, axis=0), whole.astype(int))


def assert_falling(parts: Sequence[Mask]) -> None:
    """The largest part comes first."""
    areas = [int(part.sum()) for part in parts]
    assert areas == sorted(areas, reverse=True)


def speckled(seed: int, side: int = 60) -> Mask:
    """Return tissue of random squares."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((side, side), dtype=np.bool_)
    for x, y, size in rng.integers((0, 0, 1), (side, side, 14), (12, 3)):
        mask[y : y + size, x : x + size] = True
    return mask


@given(st.integers(0, 500), st.integers(1, 120))
def test_pieces_are_apart_and_large_enough_and_all_of_them(seed: int, least: int) -> None:
    tissue = speckled(seed)
    every = pieces_of(tissue, 1)
    assert_divides(every, tissue)
    assert_falling(every)
    kept = pieces_of(tissue, least)
    assert [int(p.sum()) for p in kept] == [int(p.sum()) for p in every if p.sum() >= least]


def test_pieces_that_touch_at_a_corner_are_one() -> None:
    tissue = np.zeros((20, 20), dtype=np.bool_)
    tissue[2:8, 2:8] = tissue[8:12, 8:12] = True
    assert len(pieces_of(tissue, 1)) == 1
    assert pieces_of(np.zeros((20, 20), dtype=np.bool_), 1) == []


# Cracks


@settings(max_examples=30)
@given(st.floats(0, np.pi), st.floats(-30, 30))
def test_a_piece_falls_apart_along_a_crack_that_was_closed(angle: float, off: float) -> None:
    y, x = np.mgrid[-100:100, -100:100] + 0.5
    piece = np.hypot(x, y) < 80
    beyond = x * np.cos(angle) + y * np.sin(angle) - off
    parts = split_at_cracks(piece, piece & (np.abs(beyond) > 2), 500)
    assert len(parts) == 2
    assert_divides(parts, piece)
    for part in parts:
        inside = beyond[part]
        assert np.sign(inside[np.abs(inside) > 2]).std() == 0


def test_crumbs_stay_one(disc: Callable[..., Mask]) -> None:
    piece = disc(100, 100, 80)
    y, x = np.mgrid[0:200, 0:200]
    crumbled = piece & (x % 10 > 2) & (y % 10 > 2)
    parts = split_at_cracks(piece, crumbled, 100)
    assert len(parts) == 1
    np.testing.assert_array_equal(parts[0], piece)


def test_two_solid_corners_of_a_crumbly_piece_do_not_tear_it(disc: Callable[..., Mask]) -> None:
    piece = disc(100, 100, 80)
    corners = disc(60, 100, 25) | disc(140, 100, 25)
    assert len(split_at_cracks(piece, corners, 100)) == 1


# Necks


@pytest.mark.parametrize("side", [200, 600])
def test_two_pieces_that_touch_are_two(disc: Callable[..., Mask], side: int) -> None:
    unit = side / 200
    left = disc(60 * unit, 100 * unit, 41 * unit, side)
    right = disc(140 * unit, 100 * unit, 41 * unit, side)
    parts = split_at_necks(left | right, 0.015 * side**2)
    assert len(parts) == 2
    assert_divides(parts, left | right)
    share = sorted(float((part & left).sum() / part.sum()) for part in parts)
    assert share[0] < 0.05
    assert share[1] > 0.95


@settings(max_examples=25)
@given(st.integers(0, 1000), st.sampled_from([90, 430]), st.floats(0.1, 0.9))
def test_parts_at_necks_are_apart_and_make_up_the_piece(
    seed: int, side: int, narrow: float
) -> None:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0:side] / side
    piece = np.zeros((side, side), dtype=np.bool_)
    for cx, cy, radius in rng.uniform((0.2, 0.2, 0.05), (0.8, 0.8, 0.2), (5, 3)):
        piece |= np.hypot(x - cx, y - cy) < radius
    piece = pieces_of(piece, 1)[0]
    parts = split_at_necks(piece, 0.005 * side**2, narrow)
    assert_divides(parts, piece)
    assert_falling(parts)


def test_what_tapers_has_no_neck() -> None:
    y, x = np.mgrid[0:300, 0:300]
    assert len(split_at_necks((np.abs(y - 150) < 0.4 * x) & (x < 270), 200)) == 1


def test_holes_and_narrow_bays_make_no_neck(disc: Callable[..., Mask]) -> None:
    ring = disc(100, 100, 80) & ~disc(100, 100, 60)
    assert len(split_at_necks(ring, 100)) == 1
    holes = disc(100, 100, 80) & ~disc(100, 60, 32) & ~disc(100, 140, 32)
    assert len(split_at_necks(holes, 100)) == 1
    bay = disc(100, 100, 80)
    bay[:90, 98:102] = False
    assert len(split_at_necks(bay, 100)) == 1


def test_a_small_appendix_is_not_split_off(disc: Callable[..., Mask]) -> None:
    piece = disc(80, 100, 55) | disc(154, 100, 20)
    assert len(split_at_necks(piece, 2000, 0.8)) == 1
    assert len(split_at_necks(piece, 500, 0.8)) == 2


def test_a_wider_neck_is_found_where_one_is_suspected(disc: Callable[..., Mask]) -> None:
    piece = disc(72, 100, 45) | disc(128, 100, 45)
    assert len(split_at_necks(piece, 500)) == 1
    assert len(split_at_necks(piece, 500, 0.9)) == 2
