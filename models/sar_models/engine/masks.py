"""Masks grown, opened and filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from scipy.ndimage import binary_fill_holes

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BAY = 0.025


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


def solid(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a mask ``(H, W)`` with its holes filled and its narrow bays closed."""
    radius = max(round(_BAY * max(mask.shape)), 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    flags = np.pad(mask.astype(np.uint8), radius)
    closed = np.asarray(cv2.morphologyEx(flags, cv2.MORPH_CLOSE, disc))
    inner = closed[radius:-radius, radius:-radius] > 0
    return np.asarray(binary_fill_holes(inner), dtype=np.bool_)
