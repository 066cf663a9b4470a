"""Each side divided among placed pieces and tissue that stays alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sar_models.domain.transforms import Affine
from sar_models.engine.fragments.assignment import Assignment
from sar_models.engine.fragments.hypothesis import Sections
from sar_models.engine.fragments.territories import divide

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sar_models.engine.fragments.territories import Territories

    Mask = NDArray[np.bool_]

STAY = Affine.identity()


@pytest.fixture
def settled(
    section: Callable[..., Any], supposed: Callable[..., Any], put: Callable[..., Any]
) -> Callable[..., Assignment]:
    """Place pieces of the source where they lie, on a pair of two masks."""

    def settle(source: Mask, target: Mask, *pieces: Mask) -> Assignment:
        work = Assignment(Sections(section(source), section(target), 1.0))
        for piece in pieces:
            work.add(put(work.sections, supposed("source", piece, STAY)))
        return work

    return settle


def assert_divides(found: Territories, tissue: Mask) -> None:
    """Every pixel of tissue belongs to exactly one territory, and no other pixel does."""
    total = np.sum([*found.pieces, found.alone], axis=0)
    np.testing.assert_array_equal(total, tissue.astype(int))


def test_slivers_go_to_a_piece_and_wide_remains_stay_alone(
    settled: Callable[..., Assignment], disc: Callable[..., Mask]
) -> None:
    piece, lost = disc(60, 100, 45), disc(150, 100, 25)
    ragged = piece.copy()
    ragged[:, :18] = False
    work = settled(piece | lost, ragged, piece)
    on_source = divide(work, work.placed, "source")
    assert_divides(on_source, piece | lost)
    np.testing.assert_array_equal(on_source.alone, lost)
    np.testing.assert_array_equal(on_source.pieces[0], piece)
    on_target = divide(work, work.placed, "target")
    assert_divides(on_target, ragged)
    assert not on_target.alone.any()


def test_a_wide_part_that_the_other_slide_has_lost_stays_alone(
    settled: Callable[..., Assignment], disc: Callable[..., Mask]
) -> None:
    whole = disc(100, 100, 70)
    half = whole.copy()
    half[:, 100:] = False
    work = settled(half, whole, half)
    found = divide(work, work.placed, "target")
    assert_divides(found, whole)
    beyond = whole & ~half
    assert (found.alone & beyond).sum() > 0.9 * beyond.sum()
    assert (found.alone & half).sum() == 0


def test_pieces_side_by_side_do_not_share_tissue(
    settled: Callable[..., Assignment], disc: Callable[..., Mask]
) -> None:
    left, right = disc(60, 100, 42), disc(140, 100, 42)
    # The middle is claimed by both: it may go to either, but only to one.
    work = settled(left | right, left | right, left, right)
    for side in ("source", "target"):
        found = divide(work, work.placed, side)
        assert_divides(found, left | right)
        assert not found.alone.any()
        assert (found.pieces[0] & left).sum() > 0.95 * left.sum()
        assert (found.pieces[1] & right).sum() > 0.9 * right.sum()


@pytest.mark.parametrize("there", [True, False])
def test_a_crumb_follows_its_neighbour_where_that_puts_it_on_tissue(
    settled: Callable[..., Assignment], disc: Callable[..., Mask], there: bool
) -> None:
    piece, crumb = disc(100, 100, 60), disc(168, 100, 6)
    work = settled(piece | crumb, piece | crumb if there else piece, piece)
    found = divide(work, work.placed, "source")
    assert_divides(found, piece | crumb)
    assert bool(found.pieces[0][crumb].all()) is there
    assert bool(found.alone[crumb].all()) is not there


def test_a_crumb_far_from_every_piece_stays_alone(
    settled: Callable[..., Assignment], disc: Callable[..., Mask]
) -> None:
    piece, crumb = disc(70, 70, 50), disc(185, 185, 6)
    work = settled(piece | crumb, piece | crumb, piece)
    found = divide(work, work.placed, "source")
    assert_divides(found, piece | crumb)
    np.testing.assert_array_equal(found.alone, crumb)


@pytest.mark.parametrize("seed", range(6))
def test_all_tissue_is_divided_however_it_lies(
    settled: Callable[..., Assignment], disc: Callable[..., Mask], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    masks = []
    for _ in range(2):
        discs = [disc(*rng.uniform(20, 180, 2), rng.uniform(3, 50)) for _ in range(6)]
        masks.append(np.any(discs, axis=0))
    y, x = np.mgrid[0:200, 0:200]
    pieces = [masks[0] & (x + y < 200), masks[0] & (x + y >= 200)]
    work = settled(*masks, *(piece for piece in pieces if (piece & masks[1]).any()))
    assert_divides(divide(work, work.placed, "source"), masks[0])
    assert_divides(divide(work, work.placed, "target"), masks[1])
