"""Where an alignment can be trusted, and by how much it may be off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt

from sar_models.domain.geometry import ScalarGrid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.transforms import Affine
    from sar_models.engine.registered import Registered
    from sar_models.engine.section import Section

_NODES = 40
_FLOOR_PX = 1.2
_SLOPE_PX = 1.1
_CONTRAST_FLOOR = 0.02
_GLASS_SLOPE = 0.04
_HALF_CONFIDENT = 0.06
_CONFIDENCE_WIDTH = 0.02


def expected_error(
    registered: Registered, source: Section, target_slide_from_working: Affine
) -> ScalarGrid:
    """Return the expected error over the source, target level-0 pixels.

    Notes
    -----
    Errors at landmarks and at generated truth fall with the local contrast about as
    ``1.2 + 1.1 / (contrast + 0.02)`` working pixels of 1000 on the long side: 3 px where
    sections are all but equal, 10 px where they hardly agree. On glass it grows with the distance.
    """
    unit = registered.pair.long_side_px / 1000.0
    contrast = np.maximum(_local_contrast(registered), 0.0)
    error = unit * (_FLOOR_PX + _SLOPE_PX / (contrast + _CONTRAST_FLOOR))
    away = distance_transform_edt(registered.pair.source_mask < 0.5)
    error = error + _GLASS_SLOPE * np.asarray(away)
    return _over_source(error * target_slide_from_working.scale, registered, source)


def confidence(registered: Registered, source: Section, probability: float) -> ScalarGrid:
    """Return the confidence over the source, in [0, 1]: local contrast, times that of the whole."""
    steep = (_local_contrast(registered) - _HALF_CONFIDENT) / _CONFIDENCE_WIDTH
    local = 1.0 / (1.0 + np.exp(-np.clip(steep, -30, 30)))
    return _over_source(probability * local, registered, source)


def _local_contrast(registered: Registered) -> NDArray[np.float64]:
    """Return the contrast per canonical pixel; where no tissue is, that of the nearest tissue."""
    height, width = registered.pair.shape
    local = np.where(registered.fit.weight > 0.1, registered.fit.local, np.nan)
    empty = np.isnan(local)
    if empty.all():
        return np.zeros((height, width))
    nearest = distance_transform_edt(empty, return_distances=False, return_indices=True)
    filled = local[tuple(nearest)].astype(np.float32)
    resized = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, dtype=np.float64)


def _over_source(
    values: NDArray[np.float64], registered: Registered, source: Section
) -> ScalarGrid:
    """Return canonical pixels' values on a grid over the source slide, level-0 positions."""
    rows, columns = source.mask.shape
    step = max(rows, columns) / _NODES
    shape = max(int(np.ceil(rows / step)), 2), max(int(np.ceil(columns / step)), 2)
    spacing = np.array([columns / (shape[1] - 1), rows / (shape[0] - 1)])
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    nodes = np.stack([x.ravel(), y.ravel()], axis=-1) * spacing
    at = registered.pair.canonical_from_source.map(nodes)
    height, width = values.shape
    column = np.clip(at[:, 0].astype(int), 0, width - 1)
    row = np.clip(at[:, 1].astype(int), 0, height - 1)
    sampled = values[row, column].reshape(shape)
    matrix = source.slide_from_working.matrix
    return ScalarGrid(matrix[:, 2], spacing * np.array([matrix[0, 0], matrix[1, 1]]), sampled)
