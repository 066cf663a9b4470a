"""Whether the fragments of an alignment pair what belongs together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.benchmark.torn.thumbnail import Thumbnail
from sar_models.benchmark.torn.tissue_points import STEP_PX, grid_in, inside, unpaired_source

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Fragment
    from sar_models.synthesis import TornPair

WRONG_SHARE = 0.05
"""Distance from the truth, share of the target's diagonal, from which on tissue lies in the wrong
place."""

_LEAST_POINTS = 100


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
