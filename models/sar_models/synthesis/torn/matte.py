"""Take tissue off the glass of a real slide: what light it passes, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from shapely import MultiPolygon, Polygon

from sar_models.domain.errors import SlideError
from sar_models.synthesis.torn.shapes import polygons

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.transforms import Outline
    from sar_models.synthesis.imaging import Image
    from sar_models.synthesis.raster import Field

_BRIGHTEST = 97.0
_GLASS = 0.955
"""Grey value of what is still glass, as a share of the brightest glass."""
_LOCAL = 0.06
"""Width of the window in which glass is looked for, in long sides."""
_CLOSED = 0.02
"""Holes up to this width belong to the tissue, in long sides."""
_LEAST_PART = 0.01
_FAINTEST = 0.015
"""Light that the palest tissue takes, as a share."""


@dataclass(frozen=True, eq=False)
class Matte:
    """Tissue without its glass.

    Parameters
    ----------
    passed : (H, W, 3) float32
        Share of the light that passes; about 1 on glass.
    glass : (3,) array
        Colour of the glass, 0 to 255.
    noise : float
        Deviation of the noise on glass, grey values.
    tissue : Polygon or MultiPolygon
        Outline of the tissue without its holes, pixels.
    """

    passed: Field
    glass: NDArray[np.float64]
    noise: float
    tissue: Outline


def draw_off(image: Image) -> Matte:
    """Take the tissue of a picture (H, W, 3) off its glass.

    Glass is looked for nearby, as scanners light a slide unevenly and stitch it of fields.

    Raises
    ------
    SlideError
        If there is no tissue on it.
    """
    grey = image.mean(axis=2)
    bright = grey > _GLASS * np.percentile(grey, _BRIGHTEST)
    glass = np.median(image[bright], axis=0)
    local = _local_glass(image, bright, glass)
    passed = np.clip(image.astype(np.float32) / local, 0.0, 1.15)
    return Matte(passed, glass, _noise(grey, bright), _tissue(passed))


def _noise(grey: NDArray[np.float64], bright: NDArray[np.bool_]) -> float:
    """Return the deviation of grey values on glass, what is slow left out."""
    clear = cv2.erode(bright.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    if not clear.any():
        return 0.0
    fine = grey - np.asarray(cv2.GaussianBlur(grey, (0, 0), 2.0))
    # The median is not moved by the dust.
    return 1.4826 * float(np.median(np.abs(fine[clear])))


def _local_glass(image: Image, bright: NDArray[np.bool_], glass: NDArray[np.float64]) -> Field:
    sigma = _LOCAL * max(image.shape[:2])
    weight = bright.astype(np.float32)[..., None]
    summed = np.asarray(cv2.GaussianBlur(weight * image.astype(np.float32), (0, 0), sigma))
    count = np.asarray(cv2.GaussianBlur(weight[..., 0], (0, 0), sigma))[..., None]
    # Where no glass is near, the slide's glass decides.
    prior = np.float32(0.02)
    local: Field = (summed + prior * glass.astype(np.float32)) / (count + prior)
    return local


def _tissue(passed: Field) -> Outline:
    density = np.asarray(cv2.GaussianBlur(1.0 - passed.mean(axis=2), (0, 0), 1.0))
    levels = np.clip(255.0 * density / max(float(np.percentile(density, 99.5)), 1e-3), 0, 255)
    limit, _ = cv2.threshold(levels.astype(np.uint8), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    # Otsu parts dark from pale tissue as readily as tissue from glass: pale tissue counts.
    mask = ((levels > 0.5 * limit) & (density > _FAINTEST)).astype(np.uint8)
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)))
    width = max(int(_CLOSED * max(mask.shape)), 3)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * width + 1, 2 * width + 1))
    padded = cv2.copyMakeBorder(mask, width, width, width, width, cv2.BORDER_REPLICATE)
    closed = np.asarray(cv2.morphologyEx(padded, cv2.MORPH_CLOSE, disc))[width:-width, width:-width]
    contours, _ = cv2.findContours(
        np.ascontiguousarray(closed), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    least = _LEAST_PART * mask.size
    rings = [np.asarray(c).reshape(-1, 2) + 0.5 for c in contours if cv2.contourArea(c) > least]
    if not rings:
        raise SlideError("There is no tissue on the slide", remedy="Give a slide with tissue.")
    parts = [part for ring in rings for part in polygons(Polygon(ring).buffer(0).simplify(0.7))]
    return MultiPolygon(parts) if len(parts) > 1 else parts[0]
