"""Annotations of torn tissue against the truth, and the poses of its pieces."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from shapely.geometry import box

from sar_models.benchmark.torn.annotations import score_annotations, true_counterparts
from sar_models.benchmark.torn.poses import found_pose
from sar_models.benchmark.torn.tissue_points import grid_in
from sar_models.domain.annotations import Annotation
from sar_models.domain.transfer import transfer

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.domain.alignment import Alignment
    from sar_models.synthesis import TornPair


@pytest.fixture(scope="module")
def annotated(pair: TornPair) -> TornPair:
    """The pair with an object inside a piece, one across both, and one on the lost piece."""
    shapes = (box(100, 100, 200, 200), box(280, 200, 440, 300), box(120, 500, 200, 600))
    drawn = tuple(Annotation(uuid.UUID(int=n + 1), shape) for n, shape in enumerate(shapes))
    return replace(pair, annotations=drawn)


def test_true_counterparts_are_torn_as_the_tissue_is(annotated: TornPair) -> None:
    inside, across = true_counterparts(annotated)
    assert inside.geometry.area == pytest.approx(100 * 100)
    # Of 160 px across, 80 are glass between the pieces.
    assert across.geometry.area == pytest.approx(80 * 100)
    assert across.geometry.geom_type == "MultiPolygon"
    assert across.id == annotated.annotations[1].id


def test_the_truth_moves_annotations_where_they_belong(
    annotated: TornPair, perfect: Alignment
) -> None:
    score = score_annotations(annotated, transfer(annotated.annotations, perfect))
    assert (score.shown, score.moved, score.lost, score.lost_moved) == (2, 2, 1, 0)
    # What was drawn across a tear takes the glass beside both pieces along.
    assert 0.7 < score.iou < 1.0


def test_silence_moves_nothing(annotated: TornPair, silent: Alignment) -> None:
    score = score_annotations(annotated, transfer(annotated.annotations, silent))
    assert (score.moved, score.lost_moved, score.iou) == (0, 0, 0.0)


def test_annotations_on_lost_tissue_that_moved_are_counted(
    annotated: TornPair, align: Callable[..., Alignment]
) -> None:
    lost = annotated.pieces[2].source
    bold = align([(lost, annotated.pieces[0].target_from_source)])
    score = score_annotations(annotated, transfer(annotated.annotations, bold))
    assert score.lost_moved == 1


def test_poses_are_those_of_the_fragment_that_most_of_a_piece_follows(
    annotated: TornPair, perfect: Alignment, silent: Alignment
) -> None:
    for piece in annotated.pieces[:2]:
        pose = found_pose(perfect, grid_in(piece.source, 10.0))
        assert pose is not None
        assert pose[0] == pytest.approx(piece.turn_deg, abs=0.1)
        assert pose[1] is piece.mirrored
    assert found_pose(silent, np.array([[100.0, 100.0]])) is None
