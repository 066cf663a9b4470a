"""What an alignment of a torn pair could reach, and what a simple peer reaches.

All are scored as alignments are: the same cells, the same overlap with the same true regions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.torn.fits import LEAST_FOR_SPLINE, fit_affine, fit_spline
from sar_models.benchmark.torn.overlap import Overlap, overlap
from sar_models.benchmark.torn.regions import by_piece
from sar_models.benchmark.torn.sift import sift_affine
from sar_models.benchmark.torn.single_affine import best_single_affine, under_affine
from sar_models.benchmark.torn.spread import spread
from sar_models.benchmark.torn.tissue_points import tissue_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.benchmark.torn.cells import Cells
    from sar_models.benchmark.torn.tissue_points import TissuePoints
    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Transform
    from sar_models.synthesis import TornPair

LANDMARKS = 80
"""Points over the whole section that the spline goes through: what a patient person would set."""

_SMOOTHINGS = (0.0, 1e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)


@dataclass(frozen=True)
class Ceilings:
    """The cells of one pair under transforms that know the truth, and under a peer's.

    Parameters
    ----------
    affine : Overlap
        One affine for the slide, the best of many: what a program reaches that knows no pieces.
    affine_per_piece : Overlap
        The affine of least squares to the truth, for each piece.
    spline_per_piece : Overlap
        A thin-plate spline for each piece through some of its true points: 80 over the section,
        spread evenly; where the truth is human landmarks, along every second of them, the mean
        of both halves, smoothed as much as is best for the pair. It is below 1 for three reasons:
        between its points the tissue bends on; near the edge of a piece it is extrapolated; and
        true regions end where the target shows no more of the piece, found ones do not know that.
        On real pairs the landmarks that it does not see also err by some pixels.
    sift : Overlap
        OpenCV SIFT and one robust affine, which see the pictures only.
    """

    affine: Overlap
    affine_per_piece: Overlap
    spline_per_piece: Overlap
    sift: Overlap


def measure_ceilings(pair: TornPair, cells: Cells, *, human: bool) -> Ceilings:
    """Score the ceilings of a pair.

    Parameters
    ----------
    pair : TornPair
    cells : Cells
        Of the pair.
    human : bool
        Whether the truth is a spline through ``pair.landmarks`` itself: then the ceiling leaves
        out half of them.
    """
    points = tissue_points(pair)
    affines: dict[int, Transform] = {
        int(piece): fit_affine(points.paired[own], points.places[own])
        for piece, own in ((p, points.piece == p) for p in np.unique(points.piece))
    }
    if human:
        halves = [_best_smoothed(pair, cells, affines, half) for half in _human_halves(pair)]
        splines = _mean(halves)
    else:
        even = affines | _splines(pair, _even_points(points), 0.0)
        splines = overlap(by_piece(cells, even), cells.target)
    found = sift_affine(pair.source, pair.target)
    nothing = Overlap((0.0,) * len(cells), (0.0,) * len(cells))
    return Ceilings(
        affine=best_single_affine(pair, cells, points),
        affine_per_piece=overlap(by_piece(cells, affines), cells.target),
        spline_per_piece=splines,
        sift=nothing if found is None else under_affine(found, cells),
    )


@dataclass(frozen=True, eq=False)
class _Anchors:
    """True correspondences that a spline goes through: source and target px, index of the piece."""

    source: Points
    target: Points
    piece: NDArray[np.intp]


def _even_points(points: TissuePoints) -> _Anchors:
    chosen = spread(points.paired, LANDMARKS)
    return _Anchors(points.paired[chosen], points.places[chosen], points.piece[chosen])


def _human_halves(pair: TornPair) -> tuple[_Anchors, _Anchors]:
    """Return every second landmark of each piece, and the others."""
    rank = np.zeros(len(pair.landmarks), dtype=np.intp)
    for piece in np.unique(pair.landmark_piece):
        own = np.flatnonzero(pair.landmark_piece == piece)
        rank[own] = np.arange(len(own))
    first, second = (
        _Anchors(pair.landmarks[own], pair.target_landmarks[own], pair.landmark_piece[own])
        for own in (rank % 2 == 0, rank % 2 == 1)
    )
    return first, second


def _best_smoothed(
    pair: TornPair, cells: Cells, affines: dict[int, Transform], anchors: _Anchors
) -> Overlap:
    """Return the cells under splines along anchors that err, smoothed as is best for the pair."""
    tried = [
        overlap(by_piece(cells, affines | _splines(pair, anchors, smoothing)), cells.target)
        for smoothing in _SMOOTHINGS
    ]
    return max(tried, key=lambda own: own.miou)


def _splines(pair: TornPair, anchors: _Anchors, smoothing: float) -> dict[int, Transform]:
    """Return the spline of each piece that has points enough; the others keep their affine."""
    splines: dict[int, Transform] = {}
    for index, piece in enumerate(pair.pieces):
        own = anchors.piece == index
        if piece.source is not None and np.count_nonzero(own) >= LEAST_FOR_SPLINE:
            splines[index] = fit_spline(
                anchors.source[own],
                anchors.target[own],
                np.array(piece.source.bounds),
                smoothing,
            )
    return splines


def _mean(overlaps: list[Overlap]) -> Overlap:
    return Overlap(
        tuple(np.mean([o.iou for o in overlaps], axis=0).tolist()),
        tuple(np.mean([o.dice for o in overlaps], axis=0).tolist()),
    )
