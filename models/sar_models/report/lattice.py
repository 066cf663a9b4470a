"""A regular grid on the source tissue, as it lies on the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.report.units import nice_below

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.geometry import Points

_CELLS_ALONG = 26
_MIN_CELLS = 3


@dataclass(frozen=True, eq=False)
class Lattice:
    """A deformed grid.

    Parameters
    ----------
    nodes : (ny, nx, 2) array
        Where the nodes lie, target level-0 pixels; NaN where there is no counterpart.
    area_change : (ny-1, nx-1) array
        log2 of each cell's area over the median cell's of its fragment: 0 is undeformed, 1 is
        doubled; NaN where a corner is missing or corners follow different fragments.
    folded : (ny-1, nx-1) bool array
        Cells that are turned over against the rest of their fragment.
    spacing_px : float
        Side of a cell, source level-0 pixels.
    """

    nodes: NDArray[np.float64]
    area_change: NDArray[np.float64]
    folded: NDArray[np.bool_]
    spacing_px: float

    def corners(self, row: int, col: int) -> Points:
        """Return the four corners of a cell, target level-0 pixels."""
        return self.nodes[[row, row, row + 1, row + 1], [col, col + 1, col + 1, col]]


def lattice_of(alignment: Alignment) -> Lattice | None:
    """Return the grid over the paired source tissue, or nothing when no tissue is paired."""
    bounds = [fragment.source.bounds for fragment in alignment.fragments]
    if not bounds:
        return None
    low = np.min([b[:2] for b in bounds], axis=0)
    high = np.max([b[2:] for b in bounds], axis=0)
    spacing = _spacing(alignment, float((high - low).max()))
    if not spacing > 0:
        return None
    first, last = np.floor(low / spacing), np.ceil(high / spacing)
    x = np.arange(first[0], last[0] + 1) * spacing
    y = np.arange(first[1], last[1] + 1) * spacing
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    mapping = alignment.map(grid.reshape(-1, 2))
    nodes = mapping.points.reshape(grid.shape)
    change, folded = _cells(nodes, mapping.fragment.reshape(grid.shape[:2]))
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
    nodes: NDArray[np.float64], fragment: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    corner = fragment[:-1, :-1]
    whole = corner >= 0
    for other in (fragment[:-1, 1:], fragment[1:, 1:], fragment[1:, :-1]):
        whole &= other == corner
    one, two = nodes[1:, 1:] - nodes[:-1, :-1], nodes[1:, :-1] - nodes[:-1, 1:]
    area = 0.5 * (one[..., 0] * two[..., 1] - one[..., 1] * two[..., 0])
    change = np.full(area.shape, np.nan)
    folded = np.zeros(area.shape, dtype=np.bool_)
    for index in np.unique(corner[whole]):
        own = whole & (corner == index)
        typical = float(np.median(area[own]))
        ratio = area[own] / typical if typical else np.full(int(own.sum()), np.nan)
        folded[own] = ratio <= 0
        change[own] = np.log2(np.maximum(ratio, 1e-3))
    return change, folded
