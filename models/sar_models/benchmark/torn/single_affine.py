"""The best that one affine map of the whole slide can do for a torn pair."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.benchmark.torn.fits import fit_affine
from sar_models.benchmark.torn.overlap import Overlap, overlap
from sar_models.benchmark.torn.thumbnail import Thumbnail

if TYPE_CHECKING:
    from sar_models.benchmark.torn.cells import Cells
    from sar_models.benchmark.torn.tissue_points import TissuePoints
    from sar_models.domain.transforms import Affine
    from sar_models.synthesis import TornPair

_MOST_SUBSETS = 255
_REFINED = 6
_REACHES_PX = (80.0, 40.0, 20.0)
"""Distances, pixels of the thumbnail, at which a cell is as good as lost: the robust fit is led
down from all of the tissue to what fits well."""
_STEPS = 8


def best_single_affine(pair: TornPair, cells: Cells, points: TissuePoints) -> Overlap:
    """Return the cells under the best single affine that was found.

    Candidates are the least-squares affines of every subset of the surviving pieces (of one piece,
    of all, of neighbours that hardly moved against each other); from the best of them, robust fits
    to all true points, which may settle on parts of pieces. What counts is the mean IoU of the
    cells.
    """
    target_px = Thumbnail.of(pair).target_px
    candidates = [
        fit_affine(points.paired[own], points.places[own])
        for own in (np.isin(points.piece, subset) for subset in _subsets(points))
    ]
    scored = sorted((_score(c, cells) for c in candidates), key=lambda pair: -pair[0])
    best = scored[:_REFINED]
    for _, affine in scored[:_REFINED]:
        for reach in _REACHES_PX:
            best.append(_score(_robust(affine, points, reach * target_px), cells))
    if not best:
        return Overlap((0.0,) * len(cells), (0.0,) * len(cells))
    return under_affine(max(best, key=lambda pair: pair[0])[1], cells)


def under_affine(affine: Affine, cells: Cells) -> Overlap:
    """Return how the cells lie under one affine."""
    return overlap(shapely.transform(cells.source, affine.map), cells.target)


def _subsets(points: TissuePoints) -> list[tuple[int, ...]]:
    pieces = [int(piece) for piece in np.unique(points.piece)]
    subsets = [s for size in range(1, len(pieces) + 1) for s in combinations(pieces, size)]
    return subsets[:_MOST_SUBSETS]


def _score(affine: Affine, cells: Cells) -> tuple[float, Affine]:
    return under_affine(affine, cells).miou, affine


def _robust(affine: Affine, points: TissuePoints, reach: float) -> Affine:
    """Refit by iterated reweighting (Geman and McClure): points beyond ``reach`` lose their say."""
    for _ in range(_STEPS):
        distance = np.linalg.norm(affine.map(points.paired) - points.places, axis=1)
        affine = fit_affine(points.paired, points.places, (1 + (distance / reach) ** 2) ** -2)
    return affine
