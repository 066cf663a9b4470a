"""Scores of hand-made alignments whose figures can be reckoned."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from shapely.geometry import box

from sar_models.benchmark.torn.cells import CELL_PX, cells_of
from sar_models.benchmark.torn.score import score_alignment
from sar_models.domain.alignment import Outcome
from sar_models.domain.transforms import Affine, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.domain.alignment import Alignment
    from sar_models.synthesis import TornPair


def test_the_truth_scores_one(pair: TornPair, perfect: Alignment) -> None:
    score = score_alignment(pair, perfect)
    assert score.cells.miou == pytest.approx(1.0, abs=1e-6)
    assert score.cells.mdice == pytest.approx(1.0, abs=1e-6)
    assert score.tissue.near == score.landmarks.near == 1.0
    assert score.tissue.median_px == pytest.approx(0.0, abs=1e-6)
    assert score.tissue.wrong == 0.0
    assert (score.surviving, score.found, score.false_pieces) == (2, 2, 0)
    assert score.abstention.precision == score.abstention.recall == 1.0
    assert score.abstention.foreign_mapped == 0.0
    assert all(piece.right for piece in score.pieces)
    assert [piece.kind for piece in score.pieces] == [
        *("surviving", "surviving"),
        *("lost", "foreign source", "foreign target"),
    ]


def test_cells_are_squares_of_the_grid_cut_by_pieces(pair: TornPair) -> None:
    cells = cells_of(pair)
    # Both pieces are 3 x 4 squares that lie on the grid.
    assert np.bincount(cells.piece).tolist() == [12, 12]
    assert {round(shape.area) for shape in cells.source} == {round(CELL_PX**2)}


def test_slivers_and_what_the_target_has_lost_are_no_cells(pair: TornPair) -> None:
    first = pair.pieces[0]
    # Now 15 px of a fifth row stand over, less than a quarter; half of the piece is gone.
    source = box(80, 80, 320, 415)
    target = first.target_from_source.map(np.array([[80.0, 80], [320, 240]]))
    torn = replace(first, source=source, target=box(*target.min(axis=0), *target.max(axis=0)))
    cells = cells_of(replace(pair, pieces=(torn,)))
    assert len(cells) == 6
    assert max(shape.bounds[3] for shape in cells.source) == 240


def test_swapped_pieces_are_wrong_however_well_their_outlines_fit(
    pair: TornPair, align: Callable[..., Alignment]
) -> None:
    first, second, lost = pair.pieces
    across = Affine.translation((320, 0))
    swapped = align(
        [
            (first.source, Sequence((across, second.target_from_source))),
            (second.source, Sequence((across.inverse(), first.target_from_source))),
        ],
        [lost.source, *pair.foreign_source],
        pair.foreign_target,
    )
    score = score_alignment(pair, swapped)
    assert score.cells.miou == 0.0
    assert score.tissue.wrong == 1.0
    assert score.tissue.near == 0.0
    assert (score.found, score.false_pieces) == (0, 2)
    assert [fragment.wrong for fragment in score.fragments] == [1.0, 1.0]
    assert score.abstention.precision == 1.0


def test_a_shift_costs_what_geometry_says(pair: TornPair, align: Callable[..., Alignment]) -> None:
    first, second, lost = pair.pieces
    # A quarter of a cell along its side: IoU 3/5, Dice 3/4; 20 px are within 2 % of 1414.
    shift = Affine.translation((CELL_PX / 4, 0))
    shifted = align(
        [(piece.source, Sequence((shift, piece.target_from_source))) for piece in (first, second)],
        [lost.source, *pair.foreign_source],
    )
    score = score_alignment(pair, shifted)
    assert score.cells.miou == pytest.approx(0.6, abs=1e-3)
    assert score.cells.mdice == pytest.approx(0.75, abs=1e-3)
    assert score.tissue.median_px == pytest.approx(20.0)
    assert score.landmarks.near == 1.0
    assert score.found == 2


def test_mapped_foreign_tissue_is_held_against_it(
    pair: TornPair, align: Callable[..., Alignment]
) -> None:
    first, second, lost = pair.pieces
    (foreign,) = pair.foreign_source
    bold = align(
        [
            (first.source, first.target_from_source),
            (second.source, second.target_from_source),
            (foreign, Affine.translation((-680, 320))),
        ],
        [lost.source],
        pair.foreign_target,
    )
    score = score_alignment(pair, bold)
    assert score.cells.miou == pytest.approx(1.0, abs=1e-6)
    assert score.false_pieces == 1
    assert score.fragments[2].foreign == 1.0
    # Tissue without counterpart: lost 240 x 160, foreign 160 x 160 on either slide, and the
    # fragment covers both foreign ones.
    assert score.abstention.foreign_mapped == pytest.approx(512 / 896)
    assert score.abstention.recall == pytest.approx(384 / 896)
    assert score.abstention.precision == 1.0
    assert [piece.right for piece in score.pieces] == [True, True, True, False, False]


def test_silence_is_no_advantage(pair: TornPair, silent: Alignment) -> None:
    score = score_alignment(pair, silent)
    assert score.outcome == "failed"
    assert score.cells.miou == score.tissue.near == score.landmarks.near == 0.0
    assert score.tissue.wrong == 0.0
    assert score.tissue.median_px == np.inf
    assert (score.found, score.false_pieces) == (0, 0)
    assert score.abstention.recall == 1.0
    # All tissue was abstained; 896 of 896 + 2 x (768 + 768) hundred px² should have been.
    assert score.abstention.precision == pytest.approx(896 / (896 + 2 * 1536), rel=0.02)
    assert [piece.right for piece in score.pieces] == [False, False, True, True, True]


def test_an_ambiguous_alignment_maps_nothing(
    pair: TornPair, align: Callable[..., Alignment]
) -> None:
    first, _, _ = pair.pieces
    score = score_alignment(
        pair, align([(first.source, first.target_from_source)], outcome=Outcome.AMBIGUOUS)
    )
    assert score.cells.miou == 0.0
    assert score.abstention.recall == 1.0


def test_tissue_taken_for_glass_is_not_abstained(
    pair: TornPair, align: Callable[..., Alignment]
) -> None:
    first, second, _ = pair.pieces
    # Nobody saw the lost piece: what is within 100 px of a fragment follows it.
    blind = align(
        [(p.source, p.target_from_source) for p in (first, second)],
        pair.foreign_source,
        pair.foreign_target,
    )
    score = score_alignment(pair, blind)
    assert score.abstention.foreign_mapped == 0.0
    assert score.abstention.unpaired_on_glass > 0
    assert score.abstention.recall < 1.0
