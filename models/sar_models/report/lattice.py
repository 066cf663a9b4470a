"""A regular grid on each piece of the source tissue, as it lies on the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.report.units import nice_below

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Fragment

_CELLS_ALONG = 26
_MIN_CELLS = 3
_MIN_COVER = 0.25
"""Share of a cell that has to be tissue for it to be drawn."""


@dataclass(frozen=True, eq=False)
class Lattice:
    """The deformed grid of one fragment.

    Parameters
    ----------
    nodes : (ny, nx, 2) array
        Where the nodes lie, target level-0 pixels.
    area_change : (ny-1, nx-1) array
        log2 of each cell's area over the median cell's of its fragment: 0 is undeformed, 1 is
        doubled; NaN where the cell is hardly on the fragment's tissue.
    folded : (ny-1, nx-1) bool array
        Cells that are turned over against the rest of their fragment.
    spacing_px : float
        Side of a cell, source level-0 pixels.
    """

    nodes: NDArray[np.float64]
    area_change: NDArray[np.float64]
    folded: NDArray[np.bool_]
    spacing_px: float

    @property
    def cells(self) -> NDArray[np.intp]:
        """Row and column of all cells on the fragment's tissue, ``(N, 2)``."""
        return np.argwhere(np.isfinite(self.area_change))

    @property
    def known_change(self) -> NDArray[np.float64]:
        """Changes of area of all cells that are not turned over, ``(N,)``."""
        return self.area_change[np.isfinite(self.area_change) & ~self.folded]

    def corners(self, row: int, col: int) -> Points:
        """Return the four corners of a cell, target level-0 pixels."""
        return self.nodes[[row, row, row + 1, row + 1], [col, col + 1, col + 1, col]]


def lattices_of(alignment: Alignment) -> tuple[Lattice, ...]:
    """Return a grid over each paired fragment, all of one spacing; none without paired tissue.

    Every fragment's grid follows its own map, so that no line runs from one to another, and
    covers its own tissue only.
    """
    outlines = [shapely.make_valid(fragment.source) for fragment in alignment.fragments]
    bounds = [outline.bounds for outline in outlines if outline.area > 0]
    if not bounds:
        return ()
    low = np.min([b[:2] for b in bounds], axis=0)
    high = np.max([b[2:] for b in bounds], axis=0)
    spacing = _spacing(alignment, float((high - low).max()))
    if not spacing > 0:
        return ()
    return tuple(
        _lattice(fragment, outline, spacing)
        for fragment, outline in zip(alignment.fragments, outlines, strict=True)
        if outline.area > 0
    )


def _lattice(fragment: Fragment, outline: BaseGeometry, spacing: float) -> Lattice:
    bounds = np.array(outline.bounds)
    first, last = np.floor(bounds[:2] / spacing), np.ceil(bounds[2:] / spacing)
    x = np.arange(first[0], last[0] + 1) * spacing
    y = np.arange(first[1], last[1] + 1) * spacing
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    nodes = fragment.transform.map(grid.reshape(-1, 2)).reshape(grid.shape)
    low, high = grid[:-1, :-1], grid[1:, 1:]
    boxes = shapely.box(low[..., 0], low[..., 1], high[..., 0], high[..., 1])
    covered = shapely.area(shapely.intersection(boxes, outline)) >= _MIN_COVER * spacing**2
    change, folded = _cells(nodes, np.asarray(covered))
    return Lattice(nodes, change, folded, spacing)


def _spacing(alignment: Alignment, extent_px: float) -> float:
    """Return the side of a cell in source pixels: a round number of µm where these are known."""
    mpp = alignment.pair.source.mpp
    unit = 1.0 if mpp is None else mpp.mean
    wanted = extent_px * unit / _MIN_CELLS
    if not wanted > 0:
        return 0.0
    return nice_below(min(wanted, 2.0 * extent_px * unit / _CELLS_ALONG)) / unit


def _cells(
    nodes: NDArray[np.float64], covered: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return each covered cell's change of area, and whether it is turned over."""
    one, two = nodes[1:, 1:] - nodes[:-1, :-1], nodes[1:, :-1] - nodes[:-1, 1:]
    area = 0.5 * (one[..., 0] * two[..., 1] - one[..., 1] * two[..., 0])
    own = covered & np.isfinite(area)
    change = np.full(area.shape, np.nan)
    folded = np.zeros(area.shape, dtype=np.bool_)
    if own.any():
        typical = float(np.median(area[own]))
        ratio = area[own] / typical if typical else np.full(int(own.sum()), np.nan)
        folded[own] = ratio <= 0
        change[own] = np.log2(np.maximum(ratio, 1e-3))
    return change, folded
