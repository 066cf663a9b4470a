"""What of a piece follows its placement."""

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
from sar_models.engine.warping import warp

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points

    Mask = NDArray[np.bool_]
    Side = Literal["source", "target"]

FRAME_PX, FIT_PX = 448, 224
HEIGHT, WIDTH = 100, 160
TURNED = Affine.from_similarity(np.deg2rad(90), 2.0, (400.0, 340.0), mirror=True)
NOWHERE = np.zeros((0, 2))


def fitted(
    places: Points,
    agree: Mask,
    stands_out: NDArray[np.float32],
    canonical_from_side: Affine = TURNED,
    side: Side = "source",
) -> Fitted:
    """Return a placement with a block at each place of the side; blocks agree or are far off.

    ``stands_out`` ``(HEIGHT, WIDTH)`` is the contrast at each place of the side.
    """
    mask = np.zeros((FRAME_PX, FRAME_PX), dtype=np.float32)
    pair = Canonical(
        mask[None],
        mask[None],
        *[mask] * 3,
        canonical_from_side.inverse() if side == "target" else Affine.identity(),
        canonical_from_side if side == "source" else Affine.identity(),
    )
    far = np.where(agree, 0.5, 3.0)[:, None] * AFFINE_TOLERANCE * pair.long_side_px
    matches = BlockMatches(
        canonical_from_side.map(places), far * [[1.0, 0.0]], np.ones(len(places)), 20.0
    )
    fit_from_side = Affine.scaling(*[FIT_PX / FRAME_PX] * 2) @ canonical_from_side
    local, weight = (
        warp(np.asarray(image, dtype=np.float32), fit_from_side, (FIT_PX, FIT_PX))
        for image in (stands_out, np.ones_like(stands_out))
    )
    return Fitted(pair, ShiftContrast(0.0, 0.0, 0.0, local, weight), matches)


def grid(left: float, right: float, count: int = 8) -> Points:
    """Return ``count`` squared places between two columns."""
    x, y = np.meshgrid(np.linspace(left, right, count), np.linspace(15, 85, count))
    return np.stack([x.ravel(), y.ravel()], axis=-1)


def contrast(left: float, right: float) -> NDArray[np.float32]:
    """Return the contrast of a left and a right half."""
    values = np.full((HEIGHT, WIDTH), left, dtype=np.float32)
    values[:, WIDTH // 2 :] = right
    return values


PLACES = np.concatenate([grid(15, 75), grid(85, 145)])
ON_LEFT = PLACES[:, 0] < WIDTH / 2
EVERYWHERE = np.ones(len(PLACES), dtype=np.bool_)


@pytest.fixture
def block() -> Mask:
    """A piece without necks."""
    mask = np.zeros((HEIGHT, WIDTH), dtype=np.bool_)
    mask[10:90, 10:150] = True
    return mask


@pytest.fixture
def halves(block: Mask) -> tuple[Mask, Mask]:
    right = block.copy()
    right[:, : WIDTH // 2] = False
    return block & ~right, right


@pytest.fixture
def dumbbell(disc: Callable[..., Mask]) -> Mask:
    """Two discs and the neck between them."""
    mask = disc(45, 50, 34)[:HEIGHT, :WIDTH] | disc(115, 50, 34)[:HEIGHT, :WIDTH]
    mask[44:56, 45:115] = True
    return mask


def share(follows: Mask, part: Mask) -> float:
    return float(follows[part].mean())


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("leads_left", [True, False])
def test_a_part_that_neither_agrees_nor_stands_out_does_not_follow(
    block: Mask, halves: tuple[Mask, Mask], side: Side, leads_left: bool
) -> None:
    values = contrast(0.3, 0.0) if leads_left else contrast(0.0, 0.3)
    found = fitted(PLACES, ON_LEFT if leads_left else ~ON_LEFT, values, TURNED, side)
    follows = following(block, block.sum(), side, found)
    assert not (follows & ~block).any()
    right, wrong = halves if leads_left else halves[::-1]
    assert share(follows, right) > 0.97
    # To a tenth of the piece it can be told where it ends.
    assert share(follows, wrong) < 0.4
    assert not follows[:, -35:].any() if leads_left else not follows[:, :35].any()


@pytest.mark.parametrize(
    ("agree", "values"),
    [(ON_LEFT, contrast(0.3, 0.3)), (EVERYWHERE, contrast(0.3, 0.0))],
    ids=["few blocks agree", "a shift makes little of it"],
)
def test_a_part_where_only_one_sign_fails_follows(
    block: Mask, agree: Mask, values: NDArray[np.float32]
) -> None:
    follows = following(block, block.sum(), "source", fitted(PLACES, agree, values))
    np.testing.assert_array_equal(follows, block)


def test_without_blocks_all_of_a_piece_follows(block: Mask) -> None:
    found = fitted(NOWHERE, np.zeros(0, dtype=np.bool_), contrast(0.3, 0.0))
    np.testing.assert_array_equal(following(block, block.sum(), "source", found), block)


def test_where_hardly_any_block_agrees_all_of_a_piece_follows(block: Mask) -> None:
    hardly = ON_LEFT & (np.arange(len(PLACES)) % 7 == 0)
    found = fitted(PLACES, hardly, contrast(0.3, 0.0))
    np.testing.assert_array_equal(following(block, block.sum(), "source", found), block)


def test_a_part_with_no_blocks_of_its_own_follows_the_whole(block: Mask) -> None:
    places = grid(15, 60)
    half = np.arange(len(places)) % 2 == 0
    found = fitted(places, half, contrast(0.3, 0.0))
    np.testing.assert_array_equal(following(block, block.sum(), "source", found), block)


def test_parts_are_held_against_the_best_of_the_piece_not_against_a_fixed_share(
    block: Mask,
) -> None:
    # A quarter of the blocks, and little contrast: little, but alike everywhere.
    rng = np.random.default_rng(0)
    for hardly, faint in ((rng.random(len(PLACES)) < 0.25, 0.0), (~EVERYWHERE, 0.01)):
        found = fitted(PLACES, hardly, contrast(faint, faint))
        assert share(following(block, block.sum(), "source", found), block) > 0.9
    beside_better = fitted(PLACES, ON_LEFT, contrast(0.3, 0.01))
    assert share(following(block, block.sum(), "source", beside_better), block) < 0.75


def test_blocks_beside_the_picture_count_for_no_part(
    block: Mask, halves: tuple[Mask, Mask]
) -> None:
    off = (grid(15, 75) - [500.0, 0.0], grid(85, 145) + 500.0)
    agree = np.concatenate([ON_LEFT, np.zeros(64, np.bool_), np.ones(64, np.bool_)])
    found = fitted(np.concatenate([PLACES, *off]), agree, contrast(0.3, 0.0))
    follows = following(block, block.sum(), "source", found)
    assert share(follows, halves[0]) > 0.97
    assert share(follows, halves[1]) < 0.4


# Necks


def test_what_clearly_ends_at_a_neck_ends_there(dumbbell: Mask) -> None:
    found = fitted(PLACES, ON_LEFT, contrast(0.3, 0.0))
    follows = following(dumbbell, dumbbell.sum(), "source", found)
    assert share(follows, dumbbell & (np.arange(WIDTH) < 75)) == 1
    assert not follows[:, 85:].any()


def test_a_flaw_behind_a_neck_takes_nothing_off(dumbbell: Mask) -> None:
    rim = PLACES[:, 0] > 135
    values = contrast(0.3, 0.3)
    values[:, 130:] = 0.0
    found = fitted(PLACES, ~rim, values)
    follows = following(dumbbell, dumbbell.sum(), "source", found)
    np.testing.assert_array_equal(follows, dumbbell)


def test_a_part_behind_a_neck_of_which_half_follows_is_not_rounded(dumbbell: Mask) -> None:
    # What lies just behind the neck fits best of all, the rest of that part not at all.
    values = contrast(0.1, 0.6)
    values[:, 106:] = 0.0
    found = fitted(PLACES, PLACES[:, 0] < 95, values)
    follows = following(dumbbell, dumbbell.sum(), "source", found)
    behind = dumbbell & (np.arange(WIDTH) > 85)
    assert 0.25 < share(follows, behind) < 0.95
    assert share(follows, dumbbell & ~behind) == 1


BY_ACCIDENT = ON_LEFT | (np.arange(len(PLACES)) % 3 == 0)
"""On the right every third block agrees: enough to follow, were there nothing better."""


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_part_behind_a_neck_that_fits_far_worse_than_the_other_lies_elsewhere(
    dumbbell: Mask, side: Side
) -> None:
    found = fitted(PLACES, BY_ACCIDENT, contrast(0.3, 0.04), TURNED, side)
    follows = following(dumbbell, dumbbell.sum(), side, found)
    assert share(follows, dumbbell & (np.arange(WIDTH) < 75)) == 1
    assert not follows[:, 85:].any()


def test_a_part_behind_a_neck_whose_blocks_alone_fit_worse_follows(dumbbell: Mask) -> None:
    found = fitted(PLACES, BY_ACCIDENT, contrast(0.3, 0.3))
    follows = following(dumbbell, dumbbell.sum(), "source", found)
    np.testing.assert_array_equal(follows, dumbbell)


def test_without_a_neck_accidents_follow(block: Mask) -> None:
    found = fitted(PLACES, BY_ACCIDENT, contrast(0.3, 0.04))
    np.testing.assert_array_equal(following(block, block.sum(), "source", found), block)
