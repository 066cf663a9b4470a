"""Masks grown, opened and filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from sar_models.engine.masks import grown, opened, solid

if TYPE_CHECKING:
    from numpy.typing import NDArray


def square(side: int, first: int, last: int) -> NDArray[np.bool_]:
    mask = np.zeros((side, side), dtype=np.bool_)
    mask[first:last, first:last] = True
    return mask


@settings(max_examples=30)
@given(st.integers(0, 500), st.floats(0, 9))
def test_opened_is_within_the_mask_and_the_mask_within_grown(seed: int, radius: float) -> None:
    mask = np.random.default_rng(seed).random((50, 70)) > 0.9
    wide, solid_mask = grown(mask, 4), solid(mask)
    assert not (opened(mask, radius) & ~mask).any()
    assert not (mask & ~wide).any()
    assert not (mask & ~solid_mask).any()
    assert not (mask & ~opened(grown(mask, radius), radius)).any()


def test_growing_reaches_as_far_as_it_says() -> None:
    mask = np.zeros((61, 61), dtype=np.bool_)
    mask[30, 30] = True
    away = distance_transform_edt(~mask)
    bigger = grown(mask, 10)
    assert bigger[away <= 9.5].all()
    assert not bigger[away > 11].any()


def test_opening_drops_what_is_narrow_and_keeps_what_is_wide_also_at_the_border() -> None:
    mask = square(100, 0, 50)
    mask[70:74] = True
    wide = opened(mask, 5)
    assert not wide[60:].any()
    assert (wide & square(100, 0, 50)).sum() > 0.98 * 50 * 50
    assert wide[0, 0]


def test_holes_and_narrow_bays_are_filled_and_wide_ones_left_open() -> None:
    mask = square(200, 20, 180)
    holes = square(200, 80, 120)
    bay = np.zeros_like(mask)
    bay[150:180, 60:65] = True
    cove = np.zeros_like(mask)
    cove[20:70, 60:140] = True
    filled = solid(mask & ~holes & ~bay & ~cove)
    assert filled[holes].all()
    assert filled[bay].mean() > 0.9
    assert filled[cove].mean() < 0.1
    assert not filled[~mask].any()


def test_filling_makes_no_tissue_at_the_picture_border() -> None:
    mask = np.zeros((100, 100), dtype=np.bool_)
    mask[:, 2:40] = True
    filled = solid(mask)
    assert not filled[:, 41:].any()
    assert filled.sum() >= mask.sum()
    assert not solid(np.zeros((30, 40), dtype=np.bool_)).any()
