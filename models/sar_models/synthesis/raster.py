"""The raster on which a section is drawn: pixels over the plane of the tissue block."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
"""(height, width) float32 values on a raster."""

Plane = NDArray[np.uint8]
"""(height, width) uint8 amounts on a raster; `FULL` stands for an amount of one."""

FULL = 160
"""The uint8 value of amount 1.0; the head-room above it holds what is darker than usual."""

_SHIFT = 4


@dataclass(frozen=True)
class Raster:
    """Square pixels of ``step_um`` over the block plane, the corner of the first at ``origin``."""

    origin_x_um: float
    origin_y_um: float
    step_um: float
    width: int
    height: int

    @classmethod
    def over(cls, extent: tuple[float, float, float, float], step_um: float) -> Raster:
        """Cover ``extent`` (x0, y0, x1, y1 in um) with pixels of ``step_um``."""
        x0, y0, x1, y1 = extent
        width = int(np.ceil((x1 - x0) / step_um))
        height = int(np.ceil((y1 - y0) / step_um))
        return cls(x0, y0, step_um, width, height)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Return the covered area as (x0, y0, x1, y1) in um."""
        x1 = self.origin_x_um + self.width * self.step_um
        y1 = self.origin_y_um + self.height * self.step_um
        return (self.origin_x_um, self.origin_y_um, x1, y1)

    def axes_um(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the block coordinates of the pixel centres: x (width,), y (height,) in um."""
        xs = self.origin_x_um + (np.arange(self.width, dtype=np.float64) + 0.5) * self.step_um
        ys = self.origin_y_um + (np.arange(self.height, dtype=np.float64) + 0.5) * self.step_um
        return np.asarray(xs, dtype=np.float64), np.asarray(ys, dtype=np.float64)

    def to_px(self, points_um: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn block points (..., 2) in um into corner-origin pixels of this raster."""
        origin = np.array([self.origin_x_um, self.origin_y_um])
        px: NDArray[np.float64] = (points_um - origin) / self.step_um
        return px

    def coarser(self, step_um: float) -> Raster:
        """Return a raster over the same area with pixels of at least ``step_um``."""
        return self if step_um <= self.step_um else Raster.over(self.extent, step_um)

    def resampled(self, values: Field) -> Field:
        """Bring values (H, W[, C]) of another raster over the same extent onto this one."""
        if values.shape[:2] == (self.height, self.width):
            return values
        size = (self.width, self.height)
        return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_LINEAR), np.float32)

    def depth_um(self, mask: NDArray[np.bool_]) -> Field:
        """Return how deep each pixel lies in ``mask`` (H, W), in um; 0 outside it."""
        pixels = np.asarray(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5))
        # Where all is mask there is no border to be far from, and OpenCV answers with infinity.
        depth: Field = np.minimum(pixels, np.float32(1e6)) * np.float32(self.step_um)
        return depth

    def lookup(self, plane: NDArray[np.uint8], points_um: NDArray[np.float64]) -> Plane:
        """Read the pixel under each point (N, 2) in um: (N,) uint8, 0 outside the raster."""
        index = np.floor(self.to_px(points_um)).astype(np.int64)
        inside = ((index >= 0) & (index < [self.width, self.height])).all(axis=1)
        values = np.zeros(len(points_um), dtype=np.uint8)
        values[inside] = plane[index[inside, 1], index[inside, 0]]
        return values

    def fixed_point(self, polygon_um: NDArray[np.float64]) -> NDArray[np.int32]:
        """Return polygon vertices (K, 2) as OpenCV fixed-point pixels, see `SHIFT`.

        OpenCV draws in centre convention, hence the half pixel.
        """
        fixed = np.round((self.to_px(polygon_um) - 0.5) * (1 << _SHIFT))
        return fixed.astype(np.int32)


SHIFT = _SHIFT
"""Fractional bits of `Raster.fixed_point`."""
