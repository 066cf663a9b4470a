"""Where a field of several pieces must not be interpolated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Outline
    from sar_models.exports.grid import Nodes


def between_pieces(
    fragment: NDArray[np.int32], confidence: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return the nodes to clear so that no cell has nodes of two pieces, ``(ny, nx)``.

    Between them an interpolated displacement belongs to neither. The more confident piece keeps
    its nodes, as it keeps the points that both claim.
    """
    rank = np.full(len(confidence) + 1, -1)  # the last one is what -1, no piece, looks up
    rank[np.lexsort((-np.arange(len(confidence)), confidence))] = np.arange(len(confidence))
    of_node = rank[fragment]
    rows, columns = fragment.shape[0] - 1, fragment.shape[1] - 1
    corners = [np.s_[r : r + rows, c : c + columns] for r in (0, 1) for c in (0, 1)]
    best_of_cell = np.max([of_node[corner] for corner in corners], axis=0)
    seam = np.zeros(fragment.shape, dtype=np.bool_)
    for corner in corners:
        seam[corner] |= (of_node[corner] >= 0) & (of_node[corner] < best_of_cell)
    return seam


def beside_strangers(
    fragment: NDArray[np.int32], nodes: Nodes, points: Points, of_point: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Return the nodes to clear so that slivers between the nodes are not mapped by others.

    Parameters
    ----------
    fragment : (ny, nx) int array
        The piece of each node.
    nodes : Nodes
    points : (N, 2) array
        Points on tissue, level-0 pixels; those of ``border_points`` lie in every cell that
        tissue reaches into.
    of_point : (N,) int array
        The piece that each of them follows, -1 for none.
    """
    rows, columns = fragment.shape
    index = (points - nodes.origin) / nodes.step
    column = np.clip(np.floor(index[:, 0]).astype(int), 0, columns - 2)
    row = np.clip(np.floor(index[:, 1]).astype(int), 0, rows - 2)
    of_corners = np.stack([fragment[row + r, column + c] for r in (0, 1) for c in (0, 1)])
    # A cell with an empty corner gives NaN already.
    wrong = (of_corners >= 0).all(axis=0) & (of_corners != of_point).any(axis=0)
    nearest = np.rint(index[wrong]).astype(int)
    cleared = np.zeros(fragment.shape, dtype=np.bool_)
    cleared[np.clip(nearest[:, 1], 0, rows - 1), np.clip(nearest[:, 0], 0, columns - 1)] = True
    return cleared


def border_points(outlines: Iterable[Outline], step: float) -> Points:
    """Return points along the borders of tissue, at most half of ``step`` apart, ``(N, 2)``."""
    borders = [shapely.segmentize(outline, 0.5 * step) for outline in outlines]
    return np.asarray(shapely.get_coordinates(borders))
