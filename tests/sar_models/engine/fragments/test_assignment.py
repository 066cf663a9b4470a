"""Who holds which tissue while pieces are placed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sar_models.domain.transforms import Affine
from sar_models.engine.fragments.assignment import Assignment, whole_pieces
from sar_models.engine.fragments.hypothesis import Sections

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

ACROSS = Affine.translation((80.0, 0.0))
BACK = Affine.translation((-80.0, 0.0))
STAY = Affine.identity()


@pytest.fixture
def left(disc: Callable[..., Mask]) -> Mask:
    return disc(55, 100, 30)


@pytest.fixture
def right(disc: Callable[..., Mask]) -> Mask:
    return disc(135, 100, 30)


@pytest.fixture
def work(section: Callable[..., Any], left: Mask, right: Mask) -> Assignment:
    """Two discs on either slide, nothing placed."""
    return Assignment(Sections(section(left | right), section(left | right), 1.0))


def test_nothing_is_taken_at_first(work: Assignment, left: Mask, right: Mask) -> None:
    for side in ("source", "target"):
        assert not work.taken(side).any()
        remains = work.remains(side)
        assert len(remains) == 2
        np.testing.assert_array_equal(np.any(remains, axis=0), left | right)


def test_a_placed_piece_takes_its_tissue_on_both_sides(
    work: Assignment, left: Mask, right: Mask, supposed: Callable[..., Any], put: Callable[..., Any]
) -> None:
    work.add(put(work.sections, supposed("source", left, ACROSS)))
    assert (work.taken("source") & left).sum() > 0.97 * left.sum()
    assert not (work.taken("source") & right).any()
    assert (work.taken("target") & right).sum() > 0.97 * right.sum()
    assert not (work.taken("target") & left).any()


def test_remains_are_pieces_without_the_edges_of_placed_ones(
    work: Assignment, left: Mask, right: Mask, supposed: Callable[..., Any], put: Callable[..., Any]
) -> None:
    # Two pixels off: a sickle of the left disc stays free on either side.
    work.add(put(work.sections, supposed("source", left, Affine.translation((2.0, 0.0)))))
    assert (work.free["target"] & left).any()
    for side in ("source", "target"):
        (only,) = work.remains(side)
        np.testing.assert_array_equal(only, right)


def test_a_wide_part_of_a_placed_piece_remains(
    section: Callable[..., Any],
    disc: Callable[..., Mask],
    supposed: Callable[..., Any],
    put: Callable[..., Any],
) -> None:
    whole = disc(100, 100, 70)
    half = whole.copy()
    half[:, 100:] = False
    work = Assignment(Sections(section(half), section(whole), 1.0))
    work.add(put(work.sections, supposed("source", half, STAY)))
    (rest,) = work.remains("target")
    assert (rest & (whole & ~half)).sum() > 0.85 * (whole & ~half).sum()
    assert work.remains("source") == []


def test_rivals_are_those_that_hold_most_of_the_place(
    work: Assignment, left: Mask, right: Mask, supposed: Callable[..., Any], put: Callable[..., Any]
) -> None:
    work.add(put(work.sections, supposed("source", left, STAY)))
    assert work.rivals(supposed("source", right, BACK)) == (0,)
    assert work.rivals(supposed("source", right, STAY)) == ()
    mostly_free = Affine.translation((-15.0, 0.0))
    assert work.rivals(supposed("source", right, mostly_free)) == ()
    # Seen from the other slide it is the source's tissue that is held.
    assert work.rivals(supposed("target", right, BACK)) == (0,)
    work.add(put(work.sections, supposed("source", right, STAY)))
    assert work.rivals(supposed("target", right, STAY)) == (1,)


def test_a_piece_that_would_lie_on_glass_has_no_rivals(
    work: Assignment, left: Mask, supposed: Callable[..., Any], put: Callable[..., Any]
) -> None:
    work.add(put(work.sections, supposed("source", left, STAY)))
    assert work.rivals(supposed("source", left, Affine.translation((900.0, 0.0)))) == ()


def test_a_level_replaces_what_is_as_large_as_itself(
    work: Assignment, left: Mask, right: Mask, supposed: Callable[..., Any], put: Callable[..., Any]
) -> None:
    work.add(put(work.sections, supposed("source", left, STAY)))
    for side in ("source", "target"):
        level = supposed(side, right, BACK)
        assert work.replaces(level, work.rivals(level))


def test_what_falls_within_a_larger_piece_replaces_nothing(
    section: Callable[..., Any],
    disc: Callable[..., Mask],
    supposed: Callable[..., Any],
    put: Callable[..., Any],
) -> None:
    large, small = disc(80, 100, 60), disc(175, 100, 20)
    work = Assignment(Sections(section(large | small), section(large), 1.0))
    work.add(put(work.sections, supposed("source", large, STAY)))
    within = supposed("source", small, Affine.translation((-95.0, 0.0)))
    assert work.rivals(within) == (0,)
    assert not work.replaces(within, (0,))


def test_what_lies_on_two_pieces_has_to_take_most_of_both_together(
    work: Assignment, left: Mask, right: Mask, supposed: Callable[..., Any], put: Callable[..., Any]
) -> None:
    for piece in (left, right):
        work.add(put(work.sections, supposed("source", piece, STAY)))
    assert work.replaces(supposed("source", left | right, STAY), (0, 1))
    third = left | right
    third[95:] = False
    on_both = supposed("source", third, STAY)
    assert work.rivals(on_both) == (0, 1)
    assert not work.replaces(on_both, (0, 1))


# Pieces of a section


def test_crumbs_of_a_section_are_no_pieces(
    section: Callable[..., Any], disc: Callable[..., Mask]
) -> None:
    large, small, crumb = disc(60, 100, 50), disc(160, 100, 20), disc(160, 30, 3)
    whole = section(large | small | crumb)
    pieces = whole_pieces(Sections(whole, whole, 1.0), "source")
    assert [int(piece.sum()) for piece in pieces] == [int(large.sum()), int(small.sum())]


def test_pieces_that_a_closed_crack_holds_together_are_apart(
    section: Callable[..., Any], disc: Callable[..., Mask]
) -> None:
    mask = disc(100, 100, 80)
    cracked = mask.copy()
    cracked[:, 70:73] = False
    pieces = whole_pieces(Sections(section(mask, cracked), section(mask), 1.0), "source")
    assert len(pieces) == 2
    assert pieces[0].sum() > pieces[1].sum()
    np.testing.assert_array_equal(np.sum(pieces, axis=0), mask.astype(int))


def test_tissue_of_crumbs_alone_is_one_piece(section: Callable[..., Any]) -> None:
    y, x = np.mgrid[0:200, 0:200]
    mask = (x % 20 < 6) & (y % 20 < 6)
    (only,) = whole_pieces(Sections(section(mask), section(mask), 1.0), "target")
    np.testing.assert_array_equal(only, mask)
