"""How far the structures of one picture lie from those of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from skimage.registration import phase_cross_correlation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.float32]

_SMOOTH_PX = 1.0
_PARTS = 50
"""Parts of a pixel to which a shift is found."""


def structure_shift(one: Picture, other: Picture, tissue: NDArray[np.bool_]) -> float:
    """Return how far edges moved from one picture to the other, pixels.

    Edges, as they are alike where stains invert each other; registered as a whole by
    cross-correlation in the Fourier domain, refined by an upsampled transform (Guizar-Sicairos
    and others, Optics Letters 33, 2008).

    Parameters
    ----------
    one, other : (H, W, 3) float32
        Optical densities.
    tissue : (H, W) bool
    """
    shift, _, _ = phase_cross_correlation(
        _edges(one, tissue), _edges(other, tissue), upsample_factor=_PARTS, normalization=None
    )
    return float(np.hypot(*shift))


def _edges(picture: Picture, tissue: NDArray[np.bool_]) -> NDArray[np.float64]:
    smooth = cv2.GaussianBlur(picture.mean(axis=2), (0, 0), _SMOOTH_PX)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    edges = np.hypot(across, down)
    inside = tissue.astype(np.float32)
    # Without the mean: the tissue's own outline, the same in both, would hold them in place.
    edges = (edges - edges[tissue].mean()) * cv2.GaussianBlur(inside, (0, 0), 4.0) * inside
    height, width = tissue.shape
    window = np.outer(np.hanning(height + 2)[1:-1], np.hanning(width + 2)[1:-1])
    return np.asarray(edges * window, dtype=np.float64)
