"""Images under affine maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sar_models.domain.geometry import centre_from_corner, corner_from_centre
from sar_models.domain.transforms import Affine

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PREFILTER_BELOW = 0.75


def as_float(image: Any) -> NDArray[np.float32]:
    """Return what OpenCV gave back as float32 (its own types promise too little)."""
    return np.asarray(image, dtype=np.float32)


def warp(
    image: NDArray[np.float32], out_from_image: Affine, size: tuple[int, int]
) -> NDArray[np.float32]:
    """Return ``image`` ``(H, W)`` under an affine map on a grid of ``(width, height)``; 0 outside.

    A map that shrinks is preceded by an average, so that nothing aliases.
    """
    if out_from_image.scale < _PREFILTER_BELOW:
        height, width = image.shape
        factor = max(out_from_image.scale, 1.0 / min(width, height))
        columns, rows = max(round(width * factor), 1), max(round(height * factor), 1)
        image = as_float(cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA))
        out_from_image = out_from_image @ Affine.scaling(width / columns, height / rows)
    offset = centre_from_corner(out_from_image.map(corner_from_centre(np.zeros((1, 2)))))[0]
    matrix = np.column_stack([out_from_image.linear, offset])
    return as_float(cv2.warpAffine(image, matrix, size))
