"""Resampling of arrays: the only place where the report samples pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sar_models.domain.geometry import centre_from_corner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Size
    from sar_models.domain.transforms import Affine

WHITE = 255


def shrink(image: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """Return ``image`` ``(H, W, 3)`` at a smaller ``size``, its pixels averaged over areas."""
    small = cv2.resize(image, (size.width, size.height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


def sample(image: NDArray[Any], at: NDArray[np.float64], outside: float) -> NDArray[Any]:
    """Return ``image`` sampled bilinearly at corner-origin positions.

    Parameters
    ----------
    image : (H, W) or (H, W, C) array
        uint8 or float32.
    at : (h, w, 2) array
        Positions ``(x, y)`` in the image; NaN gives ``outside``.
    outside : float
        Value beyond the image.
    """
    position = np.nan_to_num(centre_from_corner(at), nan=-1e6).astype(np.float32)
    return np.asarray(
        cv2.remap(
            image,
            position[..., 0],
            position[..., 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(outside,) * 4,
        )
    )


def pixel_centres(size: Size) -> NDArray[np.float64]:
    """Return the corner-origin positions of all pixel centres, ``(H, W, 2)``."""
    x, y = np.meshgrid(np.arange(size.width) + 0.5, np.arange(size.height) + 0.5)
    return np.stack([x, y], axis=-1)


def warp_affine(
    image: NDArray[Any], image_from_out: Affine, size: Size, outside: float
) -> NDArray[Any]:
    """Return ``image`` under an affine map of corner-origin pixels, with extent ``size``."""
    at = pixel_centres(size).reshape(-1, 2)
    return sample(image, image_from_out.map(at).reshape(size.height, size.width, 2), outside)


def linear_weights(count: int, step: int) -> NDArray[np.float64]:
    """Return the matrix that interpolates nodes at every ``step``-th of ``count`` pixels.

    Two such matrices around an array of nodes interpolate it bilinearly and exactly; OpenCV's
    samplers round positions to 1/32 of a node, which is visible in coordinates.

    Returns
    -------
    (count, n) array
        ``n`` nodes, at pixels ``0, step, 2 step ...``, the last at or beyond the last pixel.
    """
    nodes = node_count(count, step)
    position = np.arange(count) / step
    left = np.minimum(position.astype(np.intp), max(nodes - 2, 0))
    weight = position - left
    matrix = np.zeros((count, nodes))
    rows = np.arange(count)
    matrix[rows, left] = 1 - weight
    matrix[rows, np.minimum(left + 1, nodes - 1)] += weight
    return matrix


def node_count(count: int, step: int) -> int:
    """Return how many nodes :func:`linear_weights` uses."""
    return -(-(count - 1) // step) + 1
