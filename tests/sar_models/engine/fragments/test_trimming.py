"""Which parts of a piece follow its placement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest

from sar_models.domain.transforms import Affine
from sar_models.engine.anchors import BlockMatches
from sar_models.engine.canonical import Canonical
from sar_models.engine.contrast import ShiftContrast
from sar_models.engine.fragments.trimming import following
from sar_models.engine.registered import AFFINE_TOLERANCE, Fitted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points

    Mask = NDArray[np.bool_]

FRAME = (448, 448)
TURNED = Affine.from_similarity(np.deg2rad(90), 2.0, (400.0, 20.0), mirror=True)


def fitted(places: Points, agree: Mask, canonical_from_side: Affine, side: str) -> Fitted:
    """Return a placement with a block at each place of the side; blocks agree or are far off."""
    blank = np.zeros(FRAME, dtype=np.float32)
    shift = Affine.translation((0.0, 0.0))
    pair = Canonical(
        *[blank] * 5,
        target_from_canonical=canonical_from_side.inverse() if side == "target" else shift,
        canonical_from_source=canonical_from_side if side == "source" else shift,
    )
    off = np.where(agree, 0.5, 3.0)[:, None] * AFFINE_TOLERANCE * pair.long_side_px * [[1.0, 0.0]]
    matches = BlockMatches(canonical_from_side.map(places), off, np.ones(len(places)), 20.0)
    return Fitted(pair, ShiftContrast(0.0, 0.0, 0.0, blank, blank), matches)


def halves() -> tuple[Mask, Mask]:
    left = np.zeros((100, 160), dtype=np.bool_)
    left[10:90, 10:80] = True
    right = np.zeros_like(left)
    right[10:90, 80:150] = True
    return left, right


def grid(count: int, left: float, right: float) -> Points:
    """Return ``count`` squared places between two columns."""
    x, y = np.meshgrid(np.linspace(left, right, count), np.linspace(15, 85, count))
    return np.stack([x.ravel(), y.ravel()], axis=-1)


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_part_whose_blocks_are_elsewhere_does_not_follow(
    side: Literal["source", "target"],
) -> None:
    places = np.concatenate([grid(5, 15, 75), grid(5, 85, 145)])
    found = fitted(places, places[:, 0] < 80, TURNED, side)
    assert following(halves(), side, found) == [True, False]
    assert following(halves()[::-1], side, found) == [False, True]


def test_a_part_with_too_few_blocks_to_tell_follows() -> None:
    places = np.concatenate([grid(5, 15, 75), [[100.0, 50.0], [120.0, 40.0]]])
    assert following(halves(), "source", fitted(places, places[:, 0] < 80, TURNED, "source")) == [
        True,
        True,
    ]


def test_parts_are_held_against_each_other_not_against_a_fixed_share() -> None:
    places = np.concatenate([grid(6, 15, 75), grid(6, 85, 145)])
    # A third of the blocks on either side: little, but alike.
    hardly = np.arange(len(places)) % 3 == 0
    assert following(halves(), "source", fitted(places, hardly, TURNED, "source")) == [True, True]


def test_blocks_beside_the_picture_count_for_no_part() -> None:
    places = np.concatenate([grid(5, 15, 75), grid(5, 85, 145)])
    beside = np.concatenate([places, grid(5, 15, 75) - [500.0, 0.0], grid(5, 85, 145) + 500.0])
    agree = np.r_[places[:, 0] < 80, np.zeros(25, np.bool_), np.ones(25, np.bool_)]
    assert following(halves(), "source", fitted(beside, agree, TURNED, "source")) == [True, False]
