"""The source slide in the target's view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import shapely
from scipy.ndimage import binary_fill_holes, distance_transform_edt

from sar_models.domain.geometry import corner_from_centre
from sar_models.report.raster import mask_of
from sar_models.report.resample import WHITE, linear_weights, node_count, sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.geometry import Points
    from sar_models.report.views import Image, SlideView

_RIM_PX = 2
"""Of a piece's outline on the source's view: outlines do not follow every cell of an edge."""
_NODES_PER_SIDE = 200
"""Nodes along the longer side at which the alignment is asked; bilinear in between."""


@dataclass(frozen=True, eq=False)
class Registered:
    """For each pixel of the target's view, the place on the source that it shows.

    Parameters
    ----------
    at_source : (H, W, 2) array
        Level-0 pixels of the source; NaN where there is no counterpart.
    fragment : (H, W) int array
        Index of the fragment that the pixel follows, -1 for none.
    """

    at_source: NDArray[np.float64]
    fragment: NDArray[np.intp]

    @property
    def drawn(self) -> NDArray[np.bool_]:
        """Where there is a counterpart, ``(H, W)``."""
        return self.fragment >= 0

    def pull(self, source: SlideView) -> Image:
        """Return a view of the source in the target's view, white where there is none."""
        return np.asarray(self.pull_values(source.image, source, WHITE), dtype=np.uint8)

    def pull_values(
        self, values: NDArray[np.generic], source: SlideView, outside: float
    ) -> NDArray[np.generic]:
        """Return any array on the source's view in the target's view."""
        at_view = source.to_view(self.at_source.reshape(-1, 2)).reshape(self.at_source.shape)
        return sample(values, at_view, outside)


def register(alignment: Alignment, source: SlideView, target: SlideView) -> Registered:
    """Return where each pixel of ``target`` lies on the source slide.

    The alignment is asked on a coarse grid, once; each fragment's positions are interpolated on
    their own, so that nothing is drawn between two fragments that came apart. Nor does a fragment
    draw its neighbours: glass beside it on the target may be their tissue, or tissue that was
    lost, on the source.
    """
    height, width = target.image.shape[:2]
    step = max(1, -(-max(height, width) // _NODES_PER_SIDE))
    shape = node_count(height, step), node_count(width, step)
    y, x = np.indices(shape) * step
    at_view = corner_from_centre(np.column_stack([x.ravel(), y.ravel()]))
    mapping = alignment.map(target.slide_from_view.map(at_view), "inverse")
    nodes = mapping.points.reshape(*shape, 2)
    fragment = np.where(mapping.has_counterpart, mapping.fragment, -1).reshape(shape)
    down, across = linear_weights(height, step), linear_weights(width, step)
    registered = _interpolate(nodes, fragment, down, across, source)
    return _without_neighbours(registered, alignment, source)


def _without_neighbours(
    registered: Registered, alignment: Alignment, source: SlideView
) -> Registered:
    """Return the same without places of a fragment that are tissue of others, or of none."""
    at_source, owner = registered.at_source.copy(), registered.fragment.copy()
    own = [mask_of(fragment.source, source) for fragment in alignment.fragments]
    alone = mask_of(shapely.GeometryCollection(alignment.transform.unpaired_source), source)
    for index, mask in enumerate(own):
        others = np.logical_or.reduce([alone, *own[:index], *own[index + 1 :]])
        rim = np.ones((2 * _RIM_PX + 1, 2 * _RIM_PX + 1), dtype=np.uint8)
        grown = cv2.dilate(mask.astype(np.uint8), rim).astype(np.bool_)
        shown = ~others | grown
        if len(own) > 1:
            # Glass around one of several pieces would hide its neighbours on the target.
            shown &= np.asarray(binary_fill_holes(grown))
        followed = np.flatnonzero(owner.ravel() == index)
        hidden = followed[~_at(shown, at_source.reshape(-1, 2)[followed], source)]
        owner.flat[hidden] = -1
        at_source.reshape(-1, 2)[hidden] = np.nan
    return Registered(at_source, owner)


def _at(mask: NDArray[np.bool_], places: Points, view: SlideView) -> NDArray[np.bool_]:
    """Return the values of a mask on ``view`` at level-0 places that lie on it, ``(N,)``."""
    column, row = np.floor(view.to_view(places)).astype(np.intp).T
    height, width = mask.shape
    return np.asarray(mask[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)])


def _interpolate(
    nodes: NDArray[np.float64],
    fragment: NDArray[np.intp],
    down: NDArray[np.float64],
    across: NDArray[np.float64],
    source: SlideView,
) -> Registered:
    """Return positions at every pixel; a pixel follows the fragment that most of it follows."""
    at_source = np.full((len(down), len(across), 2), np.nan)
    owner = np.full(at_source.shape[:2], -1, dtype=np.intp)
    most = down @ (fragment < 0).astype(float) @ across.T
    for index in np.unique(fragment[fragment >= 0]):
        own = fragment == index
        share = down @ own.astype(float) @ across.T
        wins = share > most
        filled = _continued(nodes, own)
        for axis in (0, 1):
            at_source[wins, axis] = (down @ filled[..., axis] @ across.T)[wins]
        owner[wins], most = index, np.maximum(most, share)
    inside = _inside(at_source, source)
    at_source[~inside] = np.nan
    return Registered(at_source, np.where(inside, owner, -1))


def _continued(nodes: NDArray[np.float64], own: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return positions at all nodes: a fragment's own, and its trend beyond them.

    The border pixels of a fragment lie between one node of its own and one of another's, so the
    other has to carry a value of this fragment: its affine trend plus the nearest deviation.
    """
    x, y = np.meshgrid(np.arange(own.shape[1]), np.arange(own.shape[0]))
    design = np.stack([np.ones(own.shape), x - x[own].mean(), y - y[own].mean()], axis=-1)
    trend = design @ np.linalg.lstsq(design[own], nodes[own], rcond=None)[0]
    deviation = np.where(own[..., None], nodes - trend, 0.0)
    nearest = np.asarray(distance_transform_edt(~own, return_distances=False, return_indices=True))
    continued: NDArray[np.float64] = trend + deviation[nearest[0], nearest[1]]
    return continued


def _inside(at_source: NDArray[np.float64], source: SlideView) -> NDArray[np.bool_]:
    at_view = source.to_view(at_source.reshape(-1, 2)).reshape(at_source.shape)
    extent = source.size.as_array()
    with np.errstate(invalid="ignore"):
        return np.asarray(((at_view >= 0) & (at_view <= extent)).all(axis=-1))
