"""Grids of points on the tissue of a torn pair, sorted by what is true about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.benchmark.torn.thumbnail import Thumbnail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Outline
    from sar_models.synthesis import TornPair

STEP_PX = 8.0
"""Distance of the points, pixels of the thumbnail: about a hundred in a cell."""


@dataclass(frozen=True, eq=False)
class TissuePoints:
    """Points on the tissue of both slides, each standing for the same area of tissue.

    Tissue of a surviving piece that only one slide shows, as along a ragged tear, is in neither
    list: to map it and to leave it are both defensible.

    Parameters
    ----------
    paired : (N, 2) array
        On pieces that are on both slides, source level-0 pixels.
    places : (N, 2) array
        Their true places, target level-0 pixels.
    piece : (N,) int array
        Index of their piece.
    unpaired : (M, 2) array
        On lost pieces and foreign tissue of the source.
    unpaired_of : (M,) int array
        Index of the lost piece; -1 - k for foreign tissue k.
    target_paired, target_unpaired : (K, 2), (L, 2) array
        The same on the target, target level-0 pixels.
    target_unpaired_of : (L,) int array
    """

    paired: Points
    places: Points
    piece: NDArray[np.intp]
    unpaired: Points
    unpaired_of: NDArray[np.intp]
    target_paired: Points
    target_unpaired: Points
    target_unpaired_of: NDArray[np.intp]


def tissue_points(pair: TornPair) -> TissuePoints:
    """Lay points 8 px of the thumbnail apart over the tissue of both slides."""
    scale = Thumbnail.of(pair)
    source_step, target_step = STEP_PX * scale.source_px, STEP_PX * scale.target_px
    paired, places, piece = [_NONE], [_NONE], [_NO_INDEX]
    target_paired = [_NONE]
    for index, each in enumerate(pair.pieces):
        if each.source is None or each.target is None or each.target_from_source is None:
            continue
        points = grid_in(each.source, source_step)
        true = each.target_from_source.map(points)
        seen = inside(each.target, true)
        paired.append(points[seen])
        places.append(true[seen])
        piece.append(np.full(int(seen.sum()), index, dtype=np.intp))
        points = grid_in(each.target, target_step)
        back = each.target_from_source.inverse().map(points)
        target_paired.append(points[inside(each.source, back)])
    unpaired, unpaired_of = _unpaired(unpaired_source(pair), source_step)
    target_unpaired, target_unpaired_of = _unpaired(unpaired_target(pair), target_step)
    return TissuePoints(
        np.concatenate(paired),
        np.concatenate(places),
        np.concatenate(piece),
        unpaired,
        unpaired_of,
        np.concatenate(target_paired),
        target_unpaired,
        target_unpaired_of,
    )


def unpaired_source(pair: TornPair) -> list[tuple[int, Outline]]:
    """Return source tissue without a counterpart: index of the lost piece, -1 - k for foreign."""
    lost = [
        (index, each.source)
        for index, each in enumerate(pair.pieces)
        if each.source is not None and each.target is None
    ]
    return lost + [(-1 - k, outline) for k, outline in enumerate(pair.foreign_source)]


def unpaired_target(pair: TornPair) -> list[tuple[int, Outline]]:
    """Return target tissue without a counterpart, as `unpaired_source`."""
    lost = [
        (index, each.target)
        for index, each in enumerate(pair.pieces)
        if each.target is not None and each.source is None
    ]
    return lost + [(-1 - k, outline) for k, outline in enumerate(pair.foreign_target)]


def grid_in(outline: BaseGeometry, step: float) -> Points:
    """Return the points of a regular grid that lie in an outline, ``(N, 2)``."""
    if outline.is_empty:
        return _NONE
    left, top, right, bottom = outline.bounds
    x, y = np.meshgrid(
        step * (np.arange(np.floor(left / step), np.ceil(right / step)) + 0.5),
        step * (np.arange(np.floor(top / step), np.ceil(bottom / step)) + 0.5),
    )
    points: Points = np.column_stack([x.ravel(), y.ravel()])
    return points[inside(outline, points)]


def inside(outline: BaseGeometry, points: Points) -> NDArray[np.bool_]:
    """Tell which points ``(N, 2)`` lie in an outline; NaN lies nowhere."""
    shapely.prepare(outline)
    found: NDArray[np.bool_] = np.asarray(shapely.contains_xy(outline, points[:, 0], points[:, 1]))
    return found


_NONE: Points = np.empty((0, 2))
_NO_INDEX: NDArray[np.intp] = np.empty(0, dtype=np.intp)


def _unpaired(
    outlines: Iterable[tuple[int, Outline]], step: float
) -> tuple[Points, NDArray[np.intp]]:
    points, owner = [_NONE], [_NO_INDEX]
    for index, outline in outlines:
        points.append(grid_in(outline, step))
        owner.append(np.full(len(points[-1]), index, dtype=np.intp))
    return np.concatenate(points), np.concatenate(owner)
