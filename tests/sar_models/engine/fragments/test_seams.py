"""Seams: outlines of pieces beyond which tissue goes on, on both slides, under another map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sar_models.domain.transforms import Affine
from sar_models.engine.assemble import Part
from sar_models.engine.fragments.figures import MOST_SEAMS
from sar_models.engine.fragments.hypothesis import Sections
from sar_models.engine.fragments.seams import seam_share
from sar_models.engine.maps import field_map

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    Corner = tuple[int, int]
    Share = Callable[..., float]

SHAPE = (200, 200)
CELL = 40
STAY = Affine.identity()


def square(corner: Corner) -> Mask:
    """Return a square whose upper left corner is at ``(x, y)``."""
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[corner[1] : corner[1] + CELL, corner[0] : corner[0] + CELL] = True
    return mask


@pytest.fixture
def share(
    section: Callable[..., Any], supposed: Callable[..., Any], put: Callable[..., Any]
) -> Share:
    """Measure the seams of squares that lie at one corner of the source and one of the target.

    ``foreign`` tissue lies on both slides and belongs to no piece; ``within`` turns the
    squares, each where it lies on the target.
    """

    def measure(
        *pieces: tuple[Corner, Corner],
        foreign: Sequence[Corner] = (),
        within: Sequence[Affine] = (),
    ) -> float:
        masks = [(square(source), square(target)) for source, target in pieces]
        alone = [square(corner) for corner in foreign]
        tissue = (np.any([*[mask[side] for mask in masks], *alone], axis=0) for side in range(2))
        sections = Sections(*(section(mask) for mask in tissue), 1.0)
        parts = []
        for index, ((source, target), (here, there)) in enumerate(zip(pieces, masks, strict=True)):
            turn = within[index] if within else STAY
            back = Affine.translation(-np.add(source, CELL / 2))
            placed = Affine.translation(np.add(target, CELL / 2)) @ turn @ back
            piece = put(sections, supposed("source", here, placed))
            mapped = field_map(piece.registered, piece.source, piece.target, 10.0)
            part = Part(f"piece-{index + 1}", here, there, piece.registered, mapped, piece.evidence)
            parts.append(part)
        return seam_share(parts, sections)

    return measure


def test_pieces_that_lie_apart_on_one_slide_are_torn_there(share: Share) -> None:
    beside = (40, 80), (80, 80)
    apart = (20, 80), (120, 80)
    assert share(*zip(beside, apart, strict=True)) == 0
    assert share(*zip(apart, beside, strict=True)) == 0


def test_neighbours_under_one_map_have_no_seam(share: Share) -> None:
    grid = [(x, y) for x in (30, 70, 110) for y in (30, 70, 110)]
    moved = [(x + 13, y + 8) for x, y in grid]
    assert share(*zip(grid, moved, strict=True)) == 0


def test_neighbours_that_follow_almost_the_same_map_have_no_seam(share: Share) -> None:
    assert share(((40, 80), (40, 80)), ((80, 80), (81, 80))) == 0


def test_neighbours_that_hinge_on_their_common_edge_have_no_seam(share: Share) -> None:
    hinge = [STAY, Affine.from_similarity(np.deg2rad(6))]
    assert share(((100, 20), (100, 20)), ((140, 20), (140, 22)), within=hinge) == 0
    # About its far end the same turn takes the edge along.
    assert share(((100, 20), (100, 20)), ((140, 20), (140, 26)), within=hinge) > 0


def test_two_pieces_that_change_places_have_a_seam_where_they_touch(share: Share) -> None:
    # One of four edges of each piece touches the other, on either slide.
    found = share(((40, 80), (80, 80)), ((80, 80), (40, 80)))
    assert found == pytest.approx(0.25, abs=0.06)
    assert found > MOST_SEAMS


def test_a_shuffled_mosaic_is_full_of_seams(share: Share) -> None:
    grid = [(x, y) for x in (30, 70, 110) for y in (30, 70, 110)]
    elsewhere = [grid[4 * index % 9] for index in range(9)]
    assert share(*zip(grid, elsewhere, strict=True)) > 0.3


def test_pieces_that_are_turned_in_their_place_have_seams(share: Share) -> None:
    grid = [(x, 80) for x in (40, 80, 120)]
    pieces = list(zip(grid, grid, strict=True))
    assert share(*pieces) == 0
    assert share(*pieces, within=[Affine.from_similarity(np.pi)] * 3) > 2 * MOST_SEAMS


def test_tissue_of_no_piece_beside_a_piece_on_both_slides_is_a_seam(share: Share) -> None:
    one = (80, 80), (80, 80)
    assert share(one) == 0
    beside = share(one, foreign=[(40, 80)])
    around = share(one, foreign=[(40, 80), (120, 80)])
    assert MOST_SEAMS < beside < around
    assert around == pytest.approx(0.5, abs=0.1)


def test_tissue_that_a_gap_parts_from_a_piece_does_not_go_on_from_it(share: Share) -> None:
    assert share(((80, 80), (80, 80)), foreign=[(30, 80)]) == 0


def test_a_piece_without_an_outline_has_no_seams(
    section: Callable[..., Any], supposed: Callable[..., Any], put: Callable[..., Any]
) -> None:
    everything = np.ones(SHAPE, dtype=np.bool_)
    sections = Sections(section(everything), section(everything), 1.0)
    piece = put(sections, supposed("source", everything, STAY))
    mapped = field_map(piece.registered, piece.source, piece.target, 10.0)
    part = Part("whole", everything, everything, piece.registered, mapped, piece.evidence)
    assert seam_share([part], sections) == 0
