"""What became of every piece of the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from sar_models.benchmark.torn.thumbnail import Thumbnail
from sar_models.benchmark.torn.tissue_points import (
    STEP_PX,
    unpaired_source,
    unpaired_target,
)
from sar_models.domain.alignment import Status

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.benchmark.torn.tissue_points import TissuePoints
    from sar_models.domain.alignment import Alignment
    from sar_models.synthesis import TornPair, TornPiece

FOUND_SHARE = 0.03
"""Distance from the truth, share of the target's diagonal, within which tissue was found."""

LEAST_FOUND = 0.5
"""Share of a piece's points that have to be found for the piece to be found."""

LEFT_ALONE_SHARE = 0.05
"""So much of a piece without a counterpart may be mapped: outlines differ by some pixels."""

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
