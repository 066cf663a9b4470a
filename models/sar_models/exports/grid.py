"""Regular grids that hold a map, read bilinearly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import distance_transform_edt

from sar_models.domain.errors import ExportError
from sar_models.exports.linear import nearest_affine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.geometry import Points
    from sar_models.exports.smooth import SmoothMap

_COARSE = 32
MOST_NODES = 2049
"""Along the longer side: 64 MB in double precision."""
_FINEST_PX = 1.0


@dataclass(frozen=True, eq=False)
class Nodes:
    """Nodes of a regular grid over one slide, level-0 pixels.

    Parameters
    ----------
    origin : (2,) array
        Position of node (0, 0).
    step : float
        Distance of neighbouring nodes.
    shape : (int, int)
        Rows and columns.
    """

    origin: NDArray[np.float64]
    step: float
    shape: tuple[int, int]

    @property
    def x(self) -> NDArray[np.float64]:
        """Position of the columns, ``(nx,)``."""
        return np.asarray(self.origin[0] + self.step * np.arange(self.shape[1]))

    @property
    def y(self) -> NDArray[np.float64]:
        """Position of the rows, ``(ny,)``."""
        return np.asarray(self.origin[1] + self.step * np.arange(self.shape[0]))

    @property
    def points(self) -> Points:
        """All nodes row by row, ``(ny * nx, 2)``."""
        return np.stack(np.meshgrid(self.x, self.y), axis=-1).reshape(-1, 2)


def finer_and_finer(outline: BaseGeometry, reach_px: float) -> Iterator[Nodes]:
    """Yield grids over ``outline`` and ``reach_px`` around it, each twice as fine as the last."""
    x0, y0, x1, y1 = outline.buffer(reach_px).bounds if reach_px else outline.bounds
    extent = np.array([x1 - x0, y1 - y0])
    cells, step = _COARSE, math.inf
    while cells < MOST_NODES and step > _FINEST_PX:
        step = float(extent.max()) / cells
        columns, rows = (int(n) + 1 for n in np.ceil(extent / step - 1e-9))
        yield Nodes(np.array([x0, y0]), step, (max(rows, 2), max(columns, 2)))
        cells *= 2


def mapped_nodes(smooth: SmoothMap, nodes: Nodes) -> Points:
    """Return where nodes come to lie, ``(ny, nx, 2)`` coordinates of ``end``.

    Beyond the domain of the map, far out on glass, it goes on as at the nearest node inside: a
    NaN would spread through every reader that interpolates.

    Raises
    ------
    ExportError
        If no node lies in the map's domain.
    """
    start = smooth.start.space.from_level0.map(nodes.points)
    affine = nearest_affine(smooth)
    bend = (smooth.map(start) - affine.map(start)).reshape(*nodes.shape, 2)
    missing: NDArray[np.bool_] = np.asarray(~np.isfinite(bend).all(axis=-1))
    if missing.all():
        raise ExportError(
            f"The transform of {smooth.id!r} covers nothing of its surroundings",
            remedy="Align the pair again.",
        )
    if missing.any():
        nearest = distance_transform_edt(missing, return_distances=False, return_indices=True)
        bend = bend[tuple(nearest)]
    return np.asarray(affine.map(start).reshape(*nodes.shape, 2) + bend)
