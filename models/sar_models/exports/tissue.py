"""Points that stand for tissue."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.geometry import Points

_MOST_VERTICES = 2000


def spacing(outline: BaseGeometry, count: int) -> float:
    """Return how far apart about ``count`` points in ``outline`` lie, in its unit."""
    x0, y0, x1, y1 = outline.bounds
    # A thread has no area to speak of: its points stand in one row.
    return float(max(math.sqrt(outline.area / count), max(x1 - x0, y1 - y0) / count))


def lattice(outline: BaseGeometry, count: int) -> Points:
    """Return about ``count`` points ``(N, 2)`` that lie evenly in ``outline``, in its unit."""
    x0, y0, x1, y1 = outline.bounds
    step = spacing(outline, count)
    # Centred in its bounds: a slender outline gets its points along the middle.
    x, y = (
        0.5 * (low + high) + step * (np.arange(n) - 0.5 * (n - 1))
        for low, high, n in (
            (x0, x1, math.ceil((x1 - x0) / step)),
            (y0, y1, math.ceil((y1 - y0) / step)),
        )
    )
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    shapely.prepare(outline)
    return np.asarray(points[shapely.contains_xy(outline, points[:, 0], points[:, 1])])


def samples(outline: BaseGeometry, count: int) -> Points:
    """Return about ``count`` points in ``outline`` and some of its border: errors peak there."""
    border = shapely.get_coordinates(outline)
    return np.concatenate([lattice(outline, count), border[:: len(border) // _MOST_VERTICES + 1]])
