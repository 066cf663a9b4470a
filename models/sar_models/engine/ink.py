"""Pen marks on the slide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MIN_DENSITY = 0.25
_MIN_SATURATION = 0.45
_GREEN_TO_BLUE_DEG = (75.0, 222.0)
_PURE_SATURATION = 0.75
_PURE_BLUE_DEG = 240.0
_BLACK = 70
_MAX_BLACK_SATURATION = 0.35
_MIN_STROKE_SHARE = 0.008
_MAX_INK_SHARE = 0.35


def find_ink(rgb: NDArray[np.uint8], density: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return where green, blue or black ink lies, ``(H, W)``.

    Parameters
    ----------
    rgb : (H, W, 3) uint8
    density : (H, W) float32
        Mean optical density over the glass.

    Notes
    -----
    Haematoxylin is violet (hue above 225 degrees) and never pure over a whole stroke; ink is
    found by hue, and by being as wide as a stroke. Red ink looks like eosin: it is left to the
    registration, which finds no partner for it.
    """
    hsv = cv2.cvtColor(rgb.astype(np.float32) / 255.0, cv2.COLOR_RGB2HSV)
    hue, saturation = hsv[..., 0], hsv[..., 1]
    pure = saturation > _PURE_SATURATION
    up_to = np.where(pure, _PURE_BLUE_DEG, _GREEN_TO_BLUE_DEG[1])
    coloured = (
        (saturation > _MIN_SATURATION)
        & (hue > _GREEN_TO_BLUE_DEG[0])
        & (hue < up_to)
        & (density > _MIN_DENSITY)
    )
    black = (rgb.max(axis=2) < _BLACK) & (saturation < _MAX_BLACK_SATURATION)
    width = max(round(_MIN_STROKE_SHARE * max(rgb.shape[:2])), 3)
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    core = cv2.morphologyEx((coloured | black).astype(np.uint8), cv2.MORPH_OPEN, brush)
    if core.mean() > _MAX_INK_SHARE:  # that much "ink" is a stain that we do not know
        return np.zeros(core.shape, dtype=np.bool_)
    return cv2.dilate(core, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))).astype(np.bool_)
