"""Anchors as people check them: what agrees, what does not, and by how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.geometry import Points

_SHOWN_INLIERS = 400
_SHOWN_OUTLIERS = 150
_NUMBERED = 12


@dataclass(frozen=True, eq=False)
class AnchorPicture:
    """The anchors of an alignment, and how far each is from where the transform puts it.

    Parameters
    ----------
    source, target, mapped : (N, 2) arrays
        Source points, target points (level-0 pixels of their slide), and source points mapped
        to the target; NaN where there is no counterpart.
    inlier : (N,) bool array
    residual_px : (N,) array
        Distance of ``mapped`` and ``target``, target level-0 pixels.
    same_piece : (N,) bool array
        ``mapped`` and ``target`` follow the same fragment: a line between them tells something.
    shown : (K,) int array
        The anchors to draw: all, or an even choice of too many.
    numbered : (M,) int array
        A few inliers spread over the tissue, to be compared by eye on both slides.
    """

    source: Points
    target: Points
    mapped: Points
    inlier: NDArray[np.bool_]
    residual_px: NDArray[np.float64]
    same_piece: NDArray[np.bool_]
    shown: NDArray[np.intp]
    numbered: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.source)

    @property
    def inlier_residual_px(self) -> NDArray[np.float64]:
        """Residuals of the inliers that map, target level-0 pixels."""
        kept = self.residual_px[self.inlier]
        return np.asarray(kept[np.isfinite(kept)])


def anchor_picture(alignment: Alignment) -> AnchorPicture:
    """Return the anchors of an alignment with their residuals."""
    anchors = alignment.anchors
    mapping = alignment.map(anchors.source)
    mapped = mapping.points
    same_piece = mapping.fragment == alignment.transform.inverse().assign(anchors.target).fragment
    residual = np.hypot(*(mapped - anchors.target).T)
    inlier = np.asarray(anchors.inlier, dtype=np.bool_)
    inliers, outliers = np.flatnonzero(inlier), np.flatnonzero(~inlier)
    shown = np.concatenate([_evenly(outliers, _SHOWN_OUTLIERS), _evenly(inliers, _SHOWN_INLIERS)])
    numbered = inliers[_spread(anchors.source[inliers], _NUMBERED)]
    return AnchorPicture(
        anchors.source, anchors.target, mapped, inlier, residual, same_piece, shown, numbered
    )


def _evenly(indices: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    if len(indices) <= count:
        return indices
    return indices[np.linspace(0, len(indices) - 1, count).astype(np.intp)]


def _spread(points: Points, count: int) -> NDArray[np.intp]:
    """Return up to ``count`` points far from each other: each the farthest from those before."""
    if len(points) == 0:
        return np.zeros(0, dtype=np.intp)
    chosen = [int(np.argmin(points.sum(axis=1)))]
    distance = np.hypot(*(points - points[chosen[0]]).T)
    while len(chosen) < min(count, len(points)) and distance.max() > 0:
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, np.hypot(*(points - points[chosen[-1]]).T))
    return np.array(chosen, dtype=np.intp)


@dataclass(frozen=True)
class Bin:
    """A bar of a histogram: ``low`` to ``high`` in level-0 pixels, and how many anchors."""

    low: float
    high: float
    count: int


def residual_bins(picture: AnchorPicture, count: int = 24) -> tuple[Bin, ...]:
    """Return the histogram of the inliers' residuals; the last bar holds the few beyond."""
    residual = picture.inlier_residual_px
    if residual.size == 0:
        return ()
    top = max(float(np.percentile(residual, 98)), 1e-6)
    counts, edges = np.histogram(np.minimum(residual, top), bins=count, range=(0.0, top))
    return tuple(
        Bin(float(low), float(high), int(n))
        for low, high, n in zip(edges[:-1], edges[1:], counts, strict=True)
    )
