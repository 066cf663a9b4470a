"""Cells: squares of tissue that are judged one by one, so that no wrong place hides in a piece.

The overlap of whole pieces is a trap: an outline fits upside down nearly as well. A square from
inside the tissue fits only where it belongs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from sar_models.benchmark.torn.thumbnail import Thumbnail
from sar_models.domain.transfer import TransferOptions
from sar_models.domain.transfer.warp import warp

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.transforms import Outline, Transform
    from sar_models.synthesis import TornPair

Regions: TypeAlias = NDArray[np.object_]
"""Polygons or MultiPolygons, ``(N,)``; an empty one where there is nothing."""

CELL_PX = 80.0
"""Side of a cell, pixels of the thumbnail."""

LEAST_SHARE = 0.25
"""Smaller parts of a square, on either slide, say little: they are left out."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Squares of a grid over the source slide, cut by the pieces that are on both slides.

    Parameters
    ----------
    source : (N,) array of geometries
        Parts of squares, source level-0 pixels.
    target : (N,) array of geometries
        Their true regions: mapped by the piece's transform, cut by what the target shows of the
        piece, target level-0 pixels.
    piece : (N,) int array
        Index into the pieces of the pair.
    """

    source: Regions
    target: Regions
    piece: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.piece)


def cells_of(pair: TornPair) -> Cells:
    """Cut the surviving pieces of a pair into cells of 80 px at thumbnail scale.

    A part is kept when at least a quarter of the square is tissue on the source, and as much of
    it is to be seen on the target.
    """
    scale = Thumbnail.of(pair)
    side = CELL_PX * scale.source_px
    squares = _squares(pair.source.size.width, pair.source.size.height, side)
    source: list[Regions] = [np.empty(0, dtype=object)]
    target: list[Regions] = [np.empty(0, dtype=object)]
    piece: list[NDArray[np.intp]] = [np.empty(0, dtype=np.intp)]
    for index, each in enumerate(pair.pieces):
        if each.source is None or each.target is None or each.target_from_source is None:
            continue
        parts = cut(squares, each.source)
        parts = parts[shapely.area(parts) >= LEAST_SHARE * side**2]
        true = cut(mapped(parts, each.target_from_source), each.target)
        seen = shapely.area(true) >= LEAST_SHARE * (CELL_PX * scale.target_px) ** 2
        source.append(parts[seen])
        target.append(true[seen])
        piece.append(np.full(int(seen.sum()), index, dtype=np.intp))
    return Cells(np.concatenate(source), np.concatenate(target), np.concatenate(piece))


def mapped(regions: Regions, transform: Transform) -> Regions:
    """Return regions bent by a transform, as annotations are; empty where nothing is left."""
    bent = warp(regions, transform, TransferOptions())
    bent[shapely.is_missing(bent)] = shapely.Polygon()
    return bent


def cut(regions: Regions, outline: Outline) -> Regions:
    """Return what of each region lies in an outline, lines and points of contact dropped."""
    whole: BaseGeometry = outline if shapely.is_valid(outline) else shapely.make_valid(outline)
    shapely.prepare(whole)
    parts: Regions = shapely.intersection(whole, regions)
    mixed = shapely.get_type_id(parts) == shapely.GeometryType.GEOMETRYCOLLECTION
    for index in np.flatnonzero(mixed):
        areal = [part for part in shapely.get_parts(parts[index]) if part.area > 0]
        parts[index] = shapely.union_all(areal)
    return parts


def _squares(width: float, height: float, side: float) -> Regions:
    x, y = np.meshgrid(np.arange(0.0, width, side), np.arange(0.0, height, side))
    squares: Regions = shapely.box(x.ravel(), y.ravel(), x.ravel() + side, y.ravel() + side)
    return squares
