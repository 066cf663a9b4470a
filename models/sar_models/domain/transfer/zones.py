"""Which part of a slide follows which fragment."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import MultiPoint, MultiPolygon

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.geometry import Points
    from sar_models.domain.transfer.repair import Geometries
    from sar_models.domain.transforms import Piecewise

_SITES_PER_REACH = 10
_MAX_SITES = 20_000
_DECIMALS = 3


class Zones:
    """The plane of one slide, cut into what follows each fragment of a piecewise map.

    The rule is that of :meth:`Piecewise.assign`, as areas: a fragment has its own tissue, where
    the more confident of two overlapping ones wins, and the glass within the reach that is nearer
    to it than to other tissue.

    Parameters
    ----------
    piecewise : Piecewise
        The map from this slide to the other.
    """

    def __init__(self, piecewise: Piecewise) -> None:
        self.reach_px = piecewise.reach_source_px
        self._fragments = piecewise.fragments
        self._unpaired = _valid(shapely.union_all([_valid(o) for o in piecewise.unpaired_source]))
        self._areas: dict[tuple[tuple[int, ...], bool], Geometries] = {}

    @cached_property
    def tissue(self) -> Geometries:
        """Tissue of each fragment, array of geometries that do not overlap."""
        tissue = np.empty(len(self._fragments), dtype=object)
        taken: BaseGeometry = MultiPolygon()
        for index in sorted(range(len(self._fragments)), key=self._rank):
            own = _valid(self._fragments[index].source)
            tissue[index] = shapely.difference(own, taken)
            taken = shapely.union(taken, own)
        shapely.prepare(tissue)
        return tissue

    def _rank(self, index: int) -> tuple[float, int]:
        return -self._fragments[index].confidence, -index

    @cached_property
    def all_tissue(self) -> BaseGeometry:
        """All tissue of the slide, paired or not."""
        together: BaseGeometry = shapely.union_all([*self.tissue, self._unpaired])
        shapely.prepare(together)
        return together

    def areas(self, candidates: tuple[int, ...], *, alone: bool) -> Geometries:
        """Return what follows each of some fragments: its tissue, and glass.

        Parameters
        ----------
        candidates : tuple of int
            Indices of the fragments that share the glass.
        alone : bool
            Whether glass that is nearer to unpaired tissue is theirs too.

        Returns
        -------
        array of geometries
            One for each candidate.
        """
        key = candidates, alone
        if key not in self._areas:
            self._areas[key] = self._divide(candidates, alone=alone)
        return self._areas[key]

    def _divide(self, candidates: tuple[int, ...], *, alone: bool) -> Geometries:
        tissue = self.tissue[list(candidates)]
        areas = tissue.copy()
        if self.reach_px > 0:
            others = () if alone or self._unpaired.is_empty else (self._unpaired,)
            together = shapely.union_all([*tissue, *others])
            for index, cell in enumerate(self._nearest_cells([*tissue, *others])[: len(tissue)]):
                reached = shapely.buffer(tissue[index], self.reach_px)
                glass = shapely.difference(shapely.intersection(reached, cell), together)
                areas[index] = shapely.union(tissue[index], glass)
        shapely.prepare(areas)
        return areas

    def _nearest_cells(self, outlines: list[BaseGeometry]) -> list[BaseGeometry]:
        """Return for each outline what is nearer to it than to any other."""
        frame = shapely.buffer(shapely.box(*shapely.total_bounds(outlines)), 2 * self.reach_px)
        if len(outlines) == 1:
            return [frame]
        sites, owner = self._sites(outlines)
        cells = shapely.get_parts(
            shapely.voronoi_polygons(MultiPoint(sites), extend_to=frame, ordered=True)
        )
        return [shapely.union_all(cells[owner == index]) for index in range(len(outlines))]

    def _sites(self, outlines: list[BaseGeometry]) -> tuple[Points, NDArray[np.intp]]:
        """Return points along all outlines, ``(N, 2)``, and which outline each belongs to."""
        length = sum(outline.length for outline in outlines)
        step = max(self.reach_px / _SITES_PER_REACH, length / _MAX_SITES)
        dense = shapely.segmentize(shapely.simplify(outlines, step / 4), step)
        points, owner = shapely.get_coordinates(dense, return_index=True)
        # Pieces of torn tissue touch: a point has one owner, also where both disagree in the last
        # bits, on which the Voronoi diagram fails.
        unique, first = np.unique(np.round(points, _DECIMALS), axis=0, return_index=True)
        return unique, owner[first]


def _valid(geometry: BaseGeometry) -> BaseGeometry:
    """Return an outline on which set operations work; detection may leave touching rings."""
    valid: BaseGeometry = geometry if shapely.is_valid(geometry) else shapely.make_valid(geometry)
    return valid
