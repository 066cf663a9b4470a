"""Densities: how much stain lies where, whatever its colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.engine.glass import Glass

# Absorption of haematoxylin, eosin and DAB in red, green and blue (Ruifrok and Johnston 2001).
_RUIFROK = np.array([[0.650, 0.704, 0.286], [0.072, 0.990, 0.105], [0.268, 0.570, 0.776]])
_UNMIX = np.linalg.inv(_RUIFROK / np.linalg.norm(_RUIFROK, axis=1, keepdims=True))
_MAX_DENSITY = 3.0
_DARKEST = 4.0
_MIN_CHROMA = 0.06


def optical_density(rgb: NDArray[np.uint8], glass: Glass) -> NDArray[np.float32]:
    """Return the density of each channel over the glass, ``(H, W, 3)``, natural logarithm.

    On a dark ground brightness takes the place of density.
    """
    values = rgb.astype(np.float32)
    if glass.is_dark:
        shine = (values - glass.colour) / 255.0
        return np.asarray(np.clip(2.0 * shine, 0.0, _MAX_DENSITY), dtype=np.float32)
    ratio = np.maximum(values, _DARKEST) / np.maximum(glass.colour, _DARKEST)
    density = np.clip(-np.log(ratio), 0.0, _MAX_DENSITY)
    density[glass.void] = 0.0
    return density


def haematoxylin(density: NDArray[np.float32], tissue: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the share of haematoxylin, ``(H, W)``: what most stain protocols have in common.

    A slide without colours has no share of it; its mean density stands in.
    """
    mean = density.mean(axis=2)
    inside = density[tissue] if tissue.any() else density.reshape(-1, 3)
    chroma = np.abs(inside - inside.mean(axis=1, keepdims=True)).sum()
    if chroma < _MIN_CHROMA * max(float(inside.sum()), 1e-6):
        return np.asarray(mean, dtype=np.float32)
    share = np.clip(density @ _UNMIX[:, 0].astype(np.float32), 0.0, _MAX_DENSITY)
    return np.asarray(share, dtype=np.float32)


def blur(image: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    """Return a Gaussian blur of ``(H, W)``, mirrored at the border."""
    blurred = cv2.GaussianBlur(image, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(blurred, dtype=np.float32)
