"""Geometry as pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry


def covered(geometry: BaseGeometry, size: int) -> NDArray[np.bool_]:
    """Return which pixel centres of a square image a geometry covers."""
    y, x = np.mgrid[0:size, 0:size] + 0.5
    shapely.prepare(geometry)
    found: NDArray[np.bool_] = shapely.intersects_xy(geometry, x, y)
    return found
