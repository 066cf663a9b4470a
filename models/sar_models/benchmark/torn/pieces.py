"""What became of every piece of the truth, and whether the fragments of an alignment are real."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from sar_models.benchmark.torn.thumbnail import Thumbnail
from sar_models.benchmark.torn.tissue_points import (
    STEP_PX,
    grid_in,
    inside,
    unpaired_source,
    unpaired_target,
)
from sar_models.domain.alignment import Status

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sar_models.benchmark.torn.tissue_points import TissuePoints
    from sar_models.domain.alignment import Alignment
    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Fragment
    from sar_models.synthesis import TornPair, TornPiece

FOUND_SHARE = 0.03
"""Distance from the truth, share of the target's diagonal, within which tissue was found."""

LEAST_FOUND = 0.5
"""Share of a piece's points that have to be found for the piece to be found."""

WRONG_SHARE = 0.05
"""Distance from which on tissue lies in the wrong place."""

LEFT_ALONE_SHARE = 0.05
"""So much of a piece without a counterpart may be mapped: outlines differ by some pixels."""

_LEAST_POINTS = 100

PieceKind = Literal["surviving", "lost", "new", "foreign source", "foreign target"]
"""``surviving``: on both slides. ``lost``: on the source only. ``new``: on the target only.
``foreign``: tissue of something else, on one of the slides."""


@dataclass(frozen=True)
class PieceScore:
    """One piece of the truth.

    Parameters
    ----------
    id : str
    kind : PieceKind
    right : bool
        Surviving: at least half of its points lie within 3 % of the target's diagonal of their
        true places. Others: at most 5 % of their points were mapped as tissue.
    mapped : float
        Share of its points that were given a place; for others than surviving ones, as tissue.
    median_px : float
        Median error, pixels of the thumbnail; infinite where unmapped, NaN for others.
    turn_deg : float
        True turn of the target against the source; NaN for others.
    mirrored : bool
    area_px2 : float
        Its size, pixels of the thumbnail squared.
    """

    id: str
    kind: PieceKind
    right: bool
    mapped: float
    median_px: float
    turn_deg: float
    mirrored: bool
    area_px2: float


@dataclass(frozen=True)
class FragmentScore:
    """One fragment of the alignment.

    Parameters
    ----------
    id : str
    confidence : float
        As the alignment has it, in [0, 1].
    right : bool
        Neither foreign nor wrong for more than half.
    foreign : float
        Share of its source area on foreign and lost tissue.
    wrong : float
        Share of its points on surviving tissue that it puts more than 5 % of the diagonal from
        their true places; 0 without such points.
    area_px2 : float
        Its source area, pixels of the thumbnail squared.
    """

    id: str
    confidence: float
    right: bool
    foreign: float
    wrong: float
    area_px2: float


def score_pieces(
    pair: TornPair, points: TissuePoints, alignment: Alignment, error: NDArray[np.float64]
) -> tuple[PieceScore, ...]:
    """Judge every piece and all foreign tissue.

    Parameters
    ----------
    pair : TornPair
    points : TissuePoints
    alignment : Alignment
    error : (N,) array
        Distance of ``points.paired`` from the truth, target level-0 pixels; infinite if unmapped.
    """
    limit = FOUND_SHARE * pair.target.size.diagonal
    target_px = Thumbnail.of(pair).target_px
    scores = [
        _surviving(each, error[points.piece == index], limit, target_px)
        for index, each in enumerate(pair.pieces)
        if each.target_from_source is not None
    ]
    mapped = alignment.map(points.unpaired).status == Status.MAPPED
    scores += [
        _unpaired(pair, index, "source", mapped[points.unpaired_of == index])
        for index, _ in unpaired_source(pair)
    ]
    mapped = alignment.map(points.target_unpaired, "inverse").status == Status.MAPPED
    scores += [
        _unpaired(pair, index, "target", mapped[points.target_unpaired_of == index])
        for index, _ in unpaired_target(pair)
    ]
    return tuple(scores)


def _surviving(
    piece: TornPiece, error: NDArray[np.float64], limit: float, target_px: float
) -> PieceScore:
    return PieceScore(
        id=piece.id,
        kind="surviving",
        right=len(error) > 0 and float(np.mean(error <= limit)) >= LEAST_FOUND,
        mapped=float(np.mean(np.isfinite(error))) if len(error) else 0.0,
        median_px=float(np.quantile(error, 0.5, method="higher")) / target_px
        if len(error)
        else float("inf"),
        turn_deg=piece.turn_deg,
        mirrored=piece.mirrored,
        area_px2=len(error) * STEP_PX**2,
    )


def _unpaired(
    pair: TornPair, index: int, slide: Literal["source", "target"], mapped: NDArray[np.bool_]
) -> PieceScore:
    share = float(np.mean(mapped)) if len(mapped) else 0.0
    kinds: dict[str, tuple[PieceKind, PieceKind]] = {
        "source": ("lost", "foreign source"),
        "target": ("new", "foreign target"),
    }
    own, foreign = kinds[slide]
    return PieceScore(
        id=pair.pieces[index].id if index >= 0 else f"foreign-{-index}",
        kind=own if index >= 0 else foreign,
        right=share <= LEFT_ALONE_SHARE,
        mapped=share,
        median_px=float("nan"),
        turn_deg=float("nan"),
        mirrored=False,
        area_px2=len(mapped) * STEP_PX**2,
    )


def score_fragments(pair: TornPair, alignment: Alignment) -> tuple[FragmentScore, ...]:
    """Judge every fragment of an alignment by its own outline and transform."""
    unpaired = shapely.union_all([outline for _, outline in unpaired_source(pair)])
    limit = WRONG_SHARE * pair.target.size.diagonal
    source_px = Thumbnail.of(pair).source_px
    return tuple(
        _fragment(fragment, pair, unpaired, limit, source_px) for fragment in alignment.fragments
    )


def _fragment(
    fragment: Fragment, pair: TornPair, unpaired: BaseGeometry, limit: float, source_px: float
) -> FragmentScore:
    outline = shapely.make_valid(fragment.source)
    area = outline.area
    foreign = shapely.intersection(outline, unpaired).area / area if area > 0 else 0.0
    # Small fragments get a finer grid: some dozens of points for each.
    points = grid_in(outline, min(STEP_PX * source_px, float(np.sqrt(area / _LEAST_POINTS))))
    wrong = _wrong(fragment, pair, points, limit)
    share = float(np.mean(wrong)) if len(wrong) else 0.0
    return FragmentScore(
        id=fragment.id,
        confidence=fragment.confidence,
        right=foreign <= 0.5 and share <= 0.5,
        foreign=foreign,
        wrong=share,
        area_px2=area / source_px**2,
    )


def _wrong(fragment: Fragment, pair: TornPair, points: Points, limit: float) -> NDArray[np.bool_]:
    """Tell which points of a fragment on surviving pieces it puts far from their true places."""
    wrong = [np.empty(0, dtype=np.bool_)]
    for piece in pair.pieces:
        if piece.source is None or piece.target_from_source is None:
            continue
        own = points[inside(piece.source, points)]
        distance = np.linalg.norm(
            fragment.transform.map(own) - piece.target_from_source.map(own), axis=1
        )
        wrong.append(~(distance <= limit))
    return np.concatenate(wrong)
