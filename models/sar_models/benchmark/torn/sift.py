"""A peer of every laboratory: OpenCV's SIFT and one robust affine for the whole slide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sar_models.benchmark.torn.thumbnail import LONG_SIDE_PX
from sar_models.domain.errors import TransformError
from sar_models.domain.geometry import corner_from_centre
from sar_models.domain.transforms import Affine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.synthesis import GeneratedSlide

_RATIO = 0.8
_REPROJECTION_PX = 6.0
_LEAST_MATCHES = 4


def sift_affine(source: GeneratedSlide, target: GeneratedSlide) -> Affine | None:
    """Return the affine that SIFT finds between two slides, ``None`` where it finds none.

    Keypoints on grey thumbnails of 1000 px, Lowe's ratio test both ways, mutual matches,
    ``estimateAffine2D`` with RANSAC at 6 px.

    Returns
    -------
    Affine or None
        ``target_from_source``, level-0 pixels.
    """
    first, second = _keypoints(source), _keypoints(target)
    if first is None or second is None:
        return None
    pairs = _mutual(first[1], second[1])
    if len(pairs) < _LEAST_MATCHES:
        return None
    # OpenCV's RANSAC draws from a generator of its own.
    cv2.setRNGSeed(0)
    # The stubs promise a matrix; without a consensus there is none.
    matrix: Any = cv2.estimateAffine2D(
        first[0][pairs[:, 0]],
        second[0][pairs[:, 1]],
        method=cv2.RANSAC,
        ransacReprojThreshold=_REPROJECTION_PX * _shrink(target),
        maxIters=5000,
    )[0]
    try:
        return None if matrix is None else Affine(matrix)
    except TransformError:
        return None


def _keypoints(slide: GeneratedSlide) -> tuple[Points, NDArray[np.float32]] | None:
    """Return places in level-0 pixels ``(N, 2)`` and descriptors ``(N, 128)``."""
    factor = _shrink(slide)
    grey = cv2.cvtColor(slide.image, cv2.COLOR_RGB2GRAY)
    if factor > 1:
        size = (round(slide.size.width / factor), round(slide.size.height / factor))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    keypoints, descriptors = cv2.SIFT.create().detectAndCompute(grey, np.empty(0, np.uint8))
    if len(keypoints) < _LEAST_MATCHES:
        return None
    places = corner_from_centre([keypoint.pt for keypoint in keypoints]) * factor
    return places, np.asarray(descriptors, dtype=np.float32)


def _shrink(slide: GeneratedSlide) -> float:
    return max(max(slide.size.width, slide.size.height) / LONG_SIDE_PX, 1.0)


def _mutual(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return index pairs ``(M, 2)`` that pass the ratio test in both directions."""
    forth, back = _best(first, second), _best(second, first)
    own = [(i, j) for i, j in forth.items() if back.get(j) == i]
    return np.array(own, dtype=np.intp).reshape(-1, 2)


def _best(first: NDArray[np.float32], second: NDArray[np.float32]) -> dict[int, int]:
    found = cv2.BFMatcher().knnMatch(first, second, k=2)
    return {
        best[0].queryIdx: best[0].trainIdx
        for best in found
        if len(best) == 2 and best[0].distance < _RATIO * best[1].distance
    }
