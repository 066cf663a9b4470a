"""Which fragment, or fragments, each object follows, and with which part of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import MultiLineString

from sar_models.domain.transfer.repair import areal_parts, join_parts, single_if_one

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.transfer.options import TransferOptions
    from sar_models.domain.transfer.repair import Geometries
    from sar_models.domain.transfer.zones import Zones

_NEGLIGIBLE_SHARE = 0.02
"""An object that touches a second fragment with less of its tissue is not split for it."""


@dataclass(frozen=True)
class Piece:
    """The part of one object that follows one fragment.

    Parameters
    ----------
    fragment : int
        Index of the fragment.
    shape : geometry
        The part, with the glass around its tissue, level-0 pixels of the source slide.
    on_tissue : geometry
        What of it lies on the fragment's tissue; the part itself when it lies on glass only.
    """

    fragment: int
    shape: BaseGeometry
    on_tissue: BaseGeometry


@dataclass(frozen=True)
class Cut:
    """How one object is divided.

    Parameters
    ----------
    pieces : tuple of Piece
        One for each fragment that it follows, the largest first; may be empty.
    tissue_share : float
        Share of its tissue, in [0, 1], that lies on paired fragments; for an object that lies on
        glass only, the share of the object within their reach.
    on_glass : bool
        Whether the object lies on glass only.
    """

    pieces: tuple[Piece, ...]
    tissue_share: float
    on_glass: bool = False


def cut_all(
    shapes: Geometries, splittable: NDArray[np.bool_], zones: Zones, options: TransferOptions
) -> list[Cut]:
    """Divide lines and areas among the fragments.

    Parameters
    ----------
    shapes : array of geometries
        Valid lines and areas, level-0 pixels of the source slide.
    splittable : (N,) bool array
        Whether an object may become several; cells and detections may not.
    zones : Zones
    options : TransferOptions
    """
    home = np.full(len(shapes), -1, dtype=np.intp)
    for index, tissue in enumerate(zones.tissue):
        home[shapely.contains(tissue, shapes)] = index
    return [
        Cut((Piece(int(inside), shape, shape),), 1.0)
        if inside >= 0
        else _Cutter(shape, zones, options).cut(split=bool(may_split))
        for shape, inside, may_split in zip(shapes, home, splittable, strict=True)
    ]


def measure(geometry: BaseGeometry) -> float:
    """Return the area of an area, the length of a line."""
    return float(geometry.area if shapely.get_dimensions(geometry) == 2 else geometry.length)


class _Cutter:
    """Divides one object that no single fragment's tissue contains."""

    def __init__(self, shape: BaseGeometry, zones: Zones, options: TransferOptions) -> None:
        self._shape, self._zones, self._options = shape, zones, options
        self._areal = shapely.get_dimensions(shape) == 2

    def cut(self, *, split: bool) -> Cut:
        """Return the pieces of the object; only its largest, but whole, unless ``split``."""
        paired = {
            index: self._part(shapely.intersection(tissue, self._shape))
            for index, tissue in enumerate(self._zones.tissue)
            if shapely.intersects(tissue, self._shape)
        }
        sizes = {index: measure(part) for index, part in paired.items()}
        total = measure(self._part(shapely.intersection(self._zones.all_tissue, self._shape)))
        if total <= 0:
            return self._cut_on_glass(split=split)
        share = min(sum(sizes.values()) / total, 1.0)
        own = sorted(
            (i for i, size in sizes.items() if size > _NEGLIGIBLE_SHARE * total),
            key=lambda index: -sizes[index],
        )
        if not split:
            return Cut(tuple(Piece(i, self._shape, paired[i]) for i in own[:1]), share)
        whole = share >= self._options.whole_share
        pieces = [Piece(i, self._with_glass(i, own, whole=whole), paired[i]) for i in own]
        return Cut(tuple(piece for piece in pieces if not piece.shape.is_empty), share)

    def _with_glass(self, index: int, own: list[int], *, whole: bool) -> BaseGeometry:
        """Return the object's part for a fragment: its tissue, and the glass beside it.

        All glass of an object goes with the fragments whose tissue it has, also glass that is
        nearer to another one, so that an outline drawn wide around a fragment stays in one piece.
        """
        candidates = tuple(sorted(own))
        areas = self._zones.areas(candidates, alone=True)
        part = shapely.intersection(areas[candidates.index(index)], self._shape)
        if not whole:
            tissue = self._zones.tissue
            strange = shapely.difference(self._zones.all_tissue, shapely.union_all(tissue[own]))
            part = shapely.difference(part, strange)
        return self._part(part)

    def _cut_on_glass(self, *, split: bool) -> Cut:
        """Divide an object that lies beside all tissue by the nearest fragments."""
        everything = tuple(range(len(self._zones.tissue)))
        near = [
            index
            for index in everything
            if shapely.dwithin(self._zones.tissue[index], self._shape, self._zones.reach_px)
        ]
        parts = {
            index: self._part(
                shapely.intersection(self._zones.areas(everything, alone=False)[index], self._shape)
            )
            for index in near
        }
        size = measure(self._shape)
        own = sorted(
            (i for i, part in parts.items() if measure(part) > _NEGLIGIBLE_SHARE * size),
            key=lambda index: -measure(parts[index]),
        )
        share = sum(measure(parts[i]) for i in own) / size if size > 0 else 0.0
        if not split:
            own = own[:1]
        return Cut(
            tuple(Piece(i, parts[i] if split else self._shape, parts[i]) for i in own),
            min(share, 1.0),
            on_glass=True,
        )

    def _part(self, geometry: BaseGeometry) -> BaseGeometry:
        """Return what of a set operation has the object's dimension, slivers dropped."""
        if self._areal:
            parts = areal_parts(geometry)
            smallest = min(self._options.min_part_px2, self._shape.area / 2)
            return join_parts(parts[shapely.area(parts) >= smallest])
        parts = shapely.get_parts(geometry)
        lines = parts[shapely.get_dimensions(parts) == 1]
        return single_if_one(shapely.line_merge(MultiLineString(list(lines))))
