"""The map of one piece of tissue, between the coordinates that a format counts in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.domain.errors import ExportError
from sar_models.exports.tissue import samples

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Outline, Transform
    from sar_models.exports.space import Space

_SAMPLES = 5000


class Role(StrEnum):
    """Which slide of an alignment."""

    SOURCE = "source"
    TARGET = "target"


@dataclass(frozen=True, eq=False)
class Side:
    """A piece of tissue on one of the two slides.

    Parameters
    ----------
    role : Role
        Which slide of the alignment it is.
    space : Space
        The coordinates in which it is written.
    tissue : Polygon or MultiPolygon
        Level-0 pixels of the file.
    reach_px : float
        How far beyond the tissue points on glass follow it, level-0 pixels.
    """

    role: Role
    space: Space
    tissue: Outline
    reach_px: float


@dataclass(frozen=True, eq=False)
class SmoothMap:
    """The map of one piece of tissue from the slide ``start`` to the slide ``end``.

    Parameters
    ----------
    id : str
        Name of the piece.
    confidence : float
        In [0, 1].
    start, end : Side
        Where it takes points from, and to.
    transform : Transform
        ``end_from_start``, level-0 pixels of the files.
    """

    id: str
    confidence: float
    start: Side
    end: Side
    transform: Transform

    @cached_property
    def region(self) -> BaseGeometry:
        """The piece as either slide outlines it, level-0 pixels of ``start``.

        The two outlines differ: what only ``end`` shows of the piece is mapped to as well.
        """
        own, other = self.start.tissue, self.end.tissue
        back = self.transform.inverse()
        if not np.isfinite(back.map(shapely.get_coordinates(other))).all():
            return own
        return shapely.union(own, shapely.make_valid(shapely.transform(other, back.map)))

    @cached_property
    def tissue_px(self) -> Points:
        """Points of the piece that have a place on the other slide, ``(N, 2)`` level-0 pixels."""
        points = samples(self.region, _SAMPLES)
        found = points[np.isfinite(self.transform.map(points)).all(axis=1)]
        if not len(found):
            raise ExportError(
                f"The transform of {self.id!r} covers nothing of its tissue",
                remedy="Align the pair again.",
            )
        return np.asarray(found)

    @cached_property
    def tissue(self) -> Points:
        """The same points in the coordinates of ``start``, ``(N, 2)``."""
        return self.start.space.from_level0.map(self.tissue_px)

    @cached_property
    def tissue_mapped(self) -> Points:
        """Where :attr:`tissue` comes to lie, ``(N, 2)`` coordinates of ``end``."""
        return self.end.space.from_level0.map(self.transform.map(self.tissue_px))

    def map(self, coordinates: Points) -> Points:
        """Return the images of ``coordinates`` ``(N, 2)``; NaN beyond the transform's domain."""
        level0 = self.start.space.from_level0.inverse().map(coordinates)
        return self.end.space.from_level0.map(self.transform.map(level0))
