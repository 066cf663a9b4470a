"""The demo's alignment and annotations against the truth, piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.torn.annotations import score_annotations
from sar_models.benchmark.torn.poses import found_pose
from sar_models.benchmark.torn.score import score_alignment
from sar_models.benchmark.torn.thumbnail import Thumbnail
from sar_models.benchmark.torn.tissue_points import STEP_PX, grid_in

if TYPE_CHECKING:
    from sar_models.benchmark.torn.pieces import PieceKind, PieceScore
    from sar_models.domain.alignment import Alignment
    from sar_models.domain.transfer import TransferResult
    from sar_models.synthesis import TornPair


@dataclass(frozen=True)
class DemoPiece:
    """One piece of the truth, and what became of it.

    Parameters
    ----------
    id : str
    kind : PieceKind
    right : bool
        Found, or rightly left without a counterpart.
    mapped : float
        Share of its tissue that was given a place.
    median_um : float
        Median error; infinite where unmapped, NaN without a true place.
    true_turn_deg, found_turn_deg : float
        NaN where there is none.
    true_mirrored, found_mirrored : bool
    """

    id: str
    kind: PieceKind
    right: bool
    mapped: float
    median_um: float
    true_turn_deg: float
    found_turn_deg: float
    true_mirrored: bool
    found_mirrored: bool


@dataclass(frozen=True)
class DemoScore:
    """Truth against result of the demo's pair.

    Parameters
    ----------
    region_miou, region_dice : float
        Mean overlap of 80 px cells (of a thumbnail of 1000 px) with their true regions.
    pieces, pieces_found : int
        Pieces that are on both slides, and those that were found.
    false_pieces : int
        Fragments of the alignment that pair what does not belong together.
    unpaired, unpaired_kept : int
        Lost pieces and controls, and those that were rightly left without a counterpart.
    landmark_median_um, landmark_worst_um : float
        Distance of mapped landmarks from their true places; infinite where unmapped.
    annotations, annotations_mapped : int
        Annotations that the target shows, and those that were given a place.
    annotations_lost, annotations_lost_mapped : int
        Annotations on lost tissue, and those that were given a place all the same.
    annotation_iou : float
        Median overlap of transferred outlines with the true ones; 0 for one that was lost.
    piece_list : tuple of DemoPiece
    """

    region_miou: float
    region_dice: float
    pieces: int
    pieces_found: int
    false_pieces: int
    unpaired: int
    unpaired_kept: int
    landmark_median_um: float
    landmark_worst_um: float
    annotations: int
    annotations_mapped: int
    annotations_lost: int
    annotations_lost_mapped: int
    annotation_iou: float
    piece_list: tuple[DemoPiece, ...]


def score_demo(pair: TornPair, alignment: Alignment, result: TransferResult) -> DemoScore:
    """Compare alignment and transferred annotations with the truth of the pair."""
    score = score_alignment(pair, alignment)
    moved = score_annotations(pair, result)
    unpaired = [piece for piece in score.pieces if piece.kind != "surviving"]
    um = Thumbnail.of(pair).target_px * pair.target.mpp.mean
    landmarks = np.array(score.landmarks.px) * um
    return DemoScore(
        region_miou=score.cells.miou,
        region_dice=score.cells.mdice,
        pieces=score.surviving,
        pieces_found=score.found,
        false_pieces=score.false_pieces,
        unpaired=len(unpaired),
        unpaired_kept=sum(piece.right for piece in unpaired),
        landmark_median_um=float(np.quantile(landmarks, 0.5, method="higher")),
        landmark_worst_um=float(landmarks.max()),
        annotations=moved.shown,
        annotations_mapped=moved.moved,
        annotations_lost=moved.lost,
        annotations_lost_mapped=moved.lost_moved,
        annotation_iou=moved.iou,
        piece_list=tuple(_piece(pair, alignment, piece, um) for piece in score.pieces),
    )


def _piece(pair: TornPair, alignment: Alignment, piece: PieceScore, um: float) -> DemoPiece:
    """Return one piece with the pose that it was given, lengths in um."""
    pose = None
    for own in pair.pieces:
        if own.id == piece.id and own.source is not None and own.target is not None:
            points = grid_in(own.source, STEP_PX * Thumbnail.of(pair).source_px)
            pose = found_pose(alignment, points)
    return DemoPiece(
        id=piece.id,
        kind=piece.kind,
        right=piece.right,
        mapped=piece.mapped,
        median_um=piece.median_px * um,
        true_turn_deg=piece.turn_deg,
        found_turn_deg=float("nan") if pose is None else pose[0],
        true_mirrored=piece.mirrored,
        found_mirrored=pose is not None and pose[1],
    )
