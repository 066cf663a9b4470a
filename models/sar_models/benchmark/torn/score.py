"""An alignment against the truth of a torn pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.torn.abstention import Abstention, abstention
from sar_models.benchmark.torn.cells import Cells, cells_of
from sar_models.benchmark.torn.fragments import WRONG_SHARE, FragmentScore, score_fragments
from sar_models.benchmark.torn.overlap import Overlap, overlap
from sar_models.benchmark.torn.pieces import PieceScore, score_pieces
from sar_models.benchmark.torn.regions import transferred
from sar_models.benchmark.torn.thumbnail import Thumbnail
from sar_models.benchmark.torn.tissue_points import tissue_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.geometry import Points
    from sar_models.synthesis import TornPair

NEAR_SHARE = 0.02
"""Distance from the truth, share of the target's diagonal, within which a point counts as right:
annotators differ by up to 0.7 %."""


@dataclass(frozen=True)
class PointErrors:
    """Distances from the truth.

    Parameters
    ----------
    px : tuple of float
        One for each point, pixels of the thumbnail; infinite for a point without a place, so that
        silence is no advantage.
    near : float
        Share of points within 2 % of the target's diagonal; 0 without points.
    wrong : float
        Share of points mapped farther than 5 % of the diagonal from their true places.
    """

    px: tuple[float, ...]
    near: float
    wrong: float

    @property
    def median_px(self) -> float:
        """Median error, pixels of the thumbnail; infinite when half of the points have no place."""
        # "higher": between a number and infinity there is nothing.
        return float(np.quantile(self.px, 0.5, method="higher")) if self.px else float("inf")


@dataclass(frozen=True)
class TornScore:
    """How one alignment compares with the truth.

    Parameters
    ----------
    outcome : str
        Of the alignment.
    risk : float
        In [0, 1].
    cells : Overlap
        Of every 80 px cell.
    tissue, landmarks : PointErrors
        On a grid over the surviving tissue, and at the landmarks.
    abstention : Abstention
        Silence where there is no counterpart.
    pieces : tuple of PieceScore
        Of the truth, lost ones and foreign tissue too.
    fragments : tuple of FragmentScore
        Of the alignment.
    """

    outcome: str
    risk: float
    cells: Overlap
    tissue: PointErrors
    landmarks: PointErrors
    abstention: Abstention
    pieces: tuple[PieceScore, ...]
    fragments: tuple[FragmentScore, ...]

    @property
    def surviving(self) -> int:
        """Pieces that are on both slides."""
        return sum(piece.kind == "surviving" for piece in self.pieces)

    @property
    def found(self) -> int:
        """Surviving pieces that were found."""
        return sum(piece.kind == "surviving" and piece.right for piece in self.pieces)

    @property
    def false_pieces(self) -> int:
        """Fragments that pair what does not belong together."""
        return sum(not fragment.right for fragment in self.fragments)


def score_alignment(pair: TornPair, alignment: Alignment, cells: Cells | None = None) -> TornScore:
    """Compare an alignment with the truth of a torn pair.

    Parameters
    ----------
    pair : TornPair
    alignment : Alignment
        Of the pair's slides, in their level-0 pixels; of any outcome.
    cells : Cells or None
        Of the pair, if they are known already.
    """
    cells = cells_of(pair) if cells is None else cells
    points = tissue_points(pair)
    error = _distance(alignment, points.paired, points.places)
    return TornScore(
        outcome=alignment.outcome.value,
        risk=alignment.risk.score,
        cells=overlap(transferred(cells, alignment), cells.target),
        tissue=_errors(pair, error),
        landmarks=_errors(pair, _distance(alignment, pair.landmarks, pair.target_landmarks)),
        abstention=abstention(points, alignment),
        pieces=score_pieces(pair, points, alignment, error),
        fragments=score_fragments(pair, alignment),
    )


def _distance(alignment: Alignment, points: Points, places: Points) -> NDArray[np.float64]:
    """Return how far points are put from their true places, target px; infinite if nowhere."""
    distance = np.linalg.norm(alignment.map(points).points - places, axis=1)
    return np.where(np.isfinite(distance), distance, np.inf)


def _errors(pair: TornPair, distance: NDArray[np.float64]) -> PointErrors:
    diagonal = pair.target.size.diagonal
    if len(distance) == 0:
        return PointErrors((), 0.0, 0.0)
    return PointErrors(
        px=tuple((distance / Thumbnail.of(pair).target_px).tolist()),
        near=float(np.mean(distance <= NEAR_SHARE * diagonal)),
        wrong=float(np.mean(np.isfinite(distance) & (distance > WRONG_SHARE * diagonal))),
    )
