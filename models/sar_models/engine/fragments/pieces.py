"""Pieces of tissue: what lies apart on a slide, and parts of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from scipy.cluster.vq import kmeans2

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_SHARE = 0.03
"""Smallest piece that is searched, of all tissue on its slide: less shows too little structure."""

_KMEANS_PIXELS = 4000


def pieces_of(tissue: NDArray[np.bool_], min_area_px: float) -> list[NDArray[np.bool_]]:
    """Return the connected parts of a mask ``(H, W)`` of at least some area, largest first."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        tissue.astype(np.uint8), connectivity=8
    )
    areas = stats[:, cv2.CC_STAT_AREA]
    order = sorted(range(1, count), key=lambda label: -int(areas[label]))
    return [labels == label for label in order if areas[label] >= min_area_px]


def chunks_of(piece: NDArray[np.bool_], count: int) -> list[NDArray[np.bool_]]:
    """Return ``count`` compact parts ``(H, W)`` of a piece, of about equal area, largest first.

    A tear need not separate tissue: parts of what hangs together are searched by themselves.
    """
    rows, columns = np.nonzero(piece)
    points = np.stack([columns, rows], axis=-1).astype(np.float64)
    step = max(len(points) // _KMEANS_PIXELS, 1)
    centres, _ = kmeans2(points[::step], count, minit="++", seed=0)
    nearest = ((points[:, None, :] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
    chunks = []
    for label in np.unique(nearest):
        chunk = np.zeros_like(piece)
        own = nearest == label
        chunk[rows[own], columns[own]] = True
        chunks.append(chunk)
    return sorted(chunks, key=lambda chunk: -int(chunk.sum()))


def grown(mask: NDArray[np.bool_], radius_px: float) -> NDArray[np.bool_]:
    """Return a mask ``(H, W)`` dilated by a disc."""
    return _morphed(mask, radius_px, cv2.MORPH_DILATE)


def opened(mask: NDArray[np.bool_], radius_px: float) -> NDArray[np.bool_]:
    """Return a mask ``(H, W)`` without what is narrower than a disc."""
    return _morphed(mask, radius_px, cv2.MORPH_OPEN)


def _morphed(mask: NDArray[np.bool_], radius_px: float, operation: int) -> NDArray[np.bool_]:
    side = 2 * max(round(radius_px), 1) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    changed = cv2.morphologyEx(mask.astype(np.uint8), operation, disc)
    return np.asarray(changed, dtype=np.uint8) > 0
