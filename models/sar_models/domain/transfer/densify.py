"""New vertices where a straight edge becomes a curved one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from sar_models.domain.transforms import Affine, Sequence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Transform

PointMap: TypeAlias = Callable[["Points"], "Points"]

_MIN_EDGE_PX = 8.0
"""Over so few pixels, no smooth field bends by a visible amount."""
_SAMPLE_PX = 128.0
"""Distance of the probes along an edge; deformation fields are smooth over this."""
_MAX_HALVINGS = 16
_CHUNK = 50_000
"""Edges at a time, so that memory does not grow with the outline."""


def is_affine(transform: Transform) -> bool:
    """Tell whether a transform keeps straight edges straight."""
    if isinstance(transform, Sequence):
        return all(is_affine(part) for part in transform.transforms)
    return isinstance(transform, Affine)


def densify(
    coords: Points, line: NDArray[np.intp], point_map: PointMap, tolerance_px: float
) -> tuple[Points, NDArray[np.intp]]:
    """Add vertices until straight edges between mapped vertices follow the bent ones.

    Edges are probed along their whole length and halved while a probe strays too far, so that
    only edges that bend get vertices.

    Parameters
    ----------
    coords : (N, 2) array
        Vertices of all lines, one line after the other.
    line : (N,) array
        Index of the line that each vertex belongs to.
    point_map : callable
        Points ``(M, 2)`` to their images; NaN outside its domain.
    tolerance_px : float
        Accepted distance after mapping, in pixels of the images.

    Returns
    -------
    (N + K, 2) array, (N + K,) array
        The same lines with K vertices more.
    """
    edges = _Edges(coords[:-1], np.diff(coords, axis=0), point_map, tolerance_px)
    bending = np.flatnonzero((line[1:] == line[:-1]) & (edges.length > _MIN_EDGE_PX))
    chunks = [
        edges.new_vertices(bending[first : first + _CHUNK])
        for first in range(0, max(len(bending), 1), _CHUNK)
    ]
    edge, t = (np.concatenate(column) for column in zip(*chunks, strict=True))
    order = np.lexsort((t, edge))
    edge, t = edge[order], t[order]
    added = edges.at(edge, t)
    return np.insert(coords, edge + 1, added, axis=0), np.insert(line, edge + 1, line[edge])


class _Edges:
    """Straight edges ``start + t * step`` with ``t`` in [0, 1], and what a map makes of them."""

    def __init__(
        self, start: Points, step: Points, point_map: PointMap, tolerance_px: float
    ) -> None:
        self._start, self._step = start, step
        self._point_map, self._tolerance_px = point_map, tolerance_px
        self.length: NDArray[np.float64] = np.hypot(step[:, 0], step[:, 1])

    def at(self, edge: NDArray[np.intp], t: NDArray[np.float64]) -> Points:
        """Return the points at ``t`` of each edge, ``(M, 2)``."""
        points: Points = self._start[edge] + t[:, None] * self._step[edge]
        return points

    def new_vertices(self, edge: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return at which edge and ``t`` a vertex is needed."""
        t0, t1 = np.zeros(len(edge)), np.ones(len(edge))
        new_edge, new_t = [edge[:0]], [t0[:0]]
        for _ in range(_MAX_HALVINGS):
            if not len(edge):
                break
            strays = self._strays(edge, t0, t1) > self._tolerance_px
            edge, t0, t1 = edge[strays], t0[strays], t1[strays]
            middle = (t0 + t1) / 2
            new_edge.append(edge)
            new_t.append(middle)
            edge = np.concatenate([edge, edge])
            t0, t1 = np.concatenate([t0, middle]), np.concatenate([middle, t1])
            long = self.length[edge] * (t1 - t0) > _MIN_EDGE_PX
            edge, t0, t1 = edge[long], t0[long], t1[long]
        return np.concatenate(new_edge), np.concatenate(new_t)

    def _strays(
        self, edge: NDArray[np.intp], t0: NDArray[np.float64], t1: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return how far each piece ``t0..t1`` of an edge bends away from its chord, ``(M,)``."""
        # At least three probes: an S has its middle on the chord.
        probes = 3 + (self.length[edge] * (t1 - t0) / _SAMPLE_PX).astype(np.intp)
        piece = np.repeat(np.arange(len(edge)), probes)
        rank = np.arange(len(piece)) - np.repeat(np.cumsum(probes) - probes, probes)
        share = (rank + 1) / (probes[piece] + 1)
        first = self._point_map(self.at(edge, t0))
        chord = (self._point_map(self.at(edge, t1)) - first)[piece]
        mapped = self._point_map(self.at(edge[piece], t0[piece] + share * (t1 - t0)[piece]))
        offset = mapped - first[piece]
        size = np.hypot(chord[:, 0], chord[:, 1])
        across = np.abs(offset[:, 0] * chord[:, 1] - offset[:, 1] * chord[:, 0])
        with np.errstate(invalid="ignore", divide="ignore"):
            stray = np.where(size > 0, across / size, np.hypot(offset[:, 0], offset[:, 1]))
        worst = np.zeros(len(edge))
        np.maximum.at(worst, piece, np.nan_to_num(stray))
        return worst
