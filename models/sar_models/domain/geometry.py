"""Points, sizes, scales: the one coordinate convention of the product.

Public coordinates are level-0 pixels of a named slide, float64 ``(x, y)``, y down, *corner
origin*: pixel (0, 0) covers ``[0, 1) x [0, 1)`` and its centre is ``(0.5, 0.5)``, as in QuPath's
and OMERO's regions of interest. Array samplers count from pixel *centres*;
:func:`centre_from_corner` and its inverse are the only place where the half pixel stands.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sar_models.domain.errors import FrameError, OptionError, TransformError

Points = NDArray[np.float64]
"""Points, shape ``(N, 2)``, float64 ``(x, y)``."""

_HALF_PIXEL = 0.5


def as_points(values: ArrayLike) -> Points:
    """Return ``values`` as float64 points of shape ``(N, 2)``.

    Raises
    ------
    TransformError
        If the shape is not ``(N, 2)``.
    """
    points = np.asarray(values, dtype=np.float64)
    if points.size == 0:
        return points.reshape(0, 2)
    if points.ndim != 2 or points.shape[1] != 2:
        raise TransformError(
            f"Points have shape {points.shape!r}, expected (N, 2)",
            remedy="Give one (x, y) row for each point.",
        )
    return points


def centre_from_corner(points: ArrayLike) -> Points:
    """Return array-sampling positions (pixel centres at integers) of corner-origin points."""
    return np.asarray(points, dtype=np.float64) - _HALF_PIXEL


def corner_from_centre(points: ArrayLike) -> Points:
    """Return corner-origin points of array-sampling positions (pixel centres at integers)."""
    return np.asarray(points, dtype=np.float64) + _HALF_PIXEL


@dataclass(frozen=True)
class Size:
    """Extent of an image in pixels."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise FrameError(
                f"A size of {self.width!r} x {self.height!r} pixels is impossible",
                remedy="Width and height have to be at least 1.",
            )

    @property
    def diagonal(self) -> float:
        """Length of the diagonal in pixels, the unit of relative landmark error (rTRE)."""
        return math.hypot(self.width, self.height)

    def as_array(self) -> NDArray[np.float64]:
        """Return ``[width, height]``."""
        return np.array([self.width, self.height], dtype=np.float64)

    def __str__(self) -> str:
        return f"{self.width} x {self.height}"


@dataclass(frozen=True)
class Mpp:
    """Micrometres per level-0 pixel, per axis."""

    x: float
    y: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(v) and v > 0 for v in (self.x, self.y)):
            raise OptionError(
                f"A pixel size of {self.x!r} x {self.y!r} micrometres is impossible",
                remedy="Give micrometres per pixel as positive numbers, or leave them out.",
            )

    @property
    def mean(self) -> float:
        """Geometric mean of both axes, in micrometres per pixel."""
        return math.sqrt(self.x * self.y)


@dataclass(frozen=True)
class Region:
    """A rectangle of whole pixels; ``x`` and ``y`` are its top left corner."""

    x: int
    y: int
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise FrameError(
                f"A region of {self.width!r} x {self.height!r} pixels is impossible",
                remedy="Width and height have to be at least 1.",
            )

    @property
    def size(self) -> Size:
        """Extent in pixels."""
        return Size(self.width, self.height)

    def lies_in(self, size: Size) -> bool:
        """Tell whether the region lies wholly inside an image of ``size``."""
        return (
            self.x >= 0
            and self.y >= 0
            and self.x + self.width <= size.width
            and self.y + self.height <= size.height
        )


def level_scale(level0: Size, level: Size) -> NDArray[np.float64]:
    """Return level pixels per level-0 pixel, ``(2,)``, from exact size ratios per axis.

    Rounded downsample factors drift by several pixels over a gigapixel slide; sizes do not.
    """
    return level.as_array() / level0.as_array()


@dataclass(frozen=True, eq=False)
class ScalarGrid:
    """A scalar given at the nodes of a regular grid, bilinear in between.

    Parameters
    ----------
    origin : (2,) array
        Position of node (0, 0), level-0 pixels.
    spacing : (2,) array
        Distance of neighbouring nodes along x and y, level-0 pixels.
    values : (ny, nx) array
        Value at each node.
    """

    origin: NDArray[np.float64]
    spacing: NDArray[np.float64]
    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name in ("origin", "spacing", "values"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        if self.values.ndim != 2 or 0 in self.values.shape:
            raise TransformError(f"Grid values have shape {self.values.shape!r}, expected (ny, nx)")
        if self.origin.shape != (2,) or self.spacing.shape != (2,) or np.any(self.spacing <= 0):
            raise TransformError(
                f"Grid origin {self.origin!r} and spacing {self.spacing!r} have to be two "
                "numbers each, the spacing positive"
            )

    @classmethod
    def constant(cls, value: float) -> ScalarGrid:
        """Return a grid that has ``value`` everywhere."""
        return cls(np.zeros(2), np.ones(2), np.full((1, 1), value))

    def sample(self, points: Points) -> NDArray[np.float64]:
        """Return the values at ``points``, ``(N,)``; beyond the grid, those of its border."""
        rows, cols = self.values.shape
        index = (as_points(points) - self.origin) / self.spacing
        x = np.clip(np.nan_to_num(index[:, 0]), 0, cols - 1)
        y = np.clip(np.nan_to_num(index[:, 1]), 0, rows - 1)
        x0 = np.minimum(x.astype(np.intp), max(cols - 2, 0))
        y0 = np.minimum(y.astype(np.intp), max(rows - 2, 0))
        x1, y1 = np.minimum(x0 + 1, cols - 1), np.minimum(y0 + 1, rows - 1)
        fx, fy = x - x0, y - y0
        top = self.values[y0, x0] * (1 - fx) + self.values[y0, x1] * fx
        bottom = self.values[y1, x0] * (1 - fx) + self.values[y1, x1] * fx
        sampled: NDArray[np.float64] = top * (1 - fy) + bottom * fy
        sampled[~np.isfinite(index).all(axis=1)] = np.nan
        return sampled

    def to_record(self) -> dict[str, Any]:
        """Return the grid as JSON values and arrays."""
        return {"origin": self.origin, "spacing": self.spacing, "values": self.values}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> ScalarGrid:
        """Rebuild a grid from :meth:`to_record`."""
        return cls(record["origin"], record["spacing"], record["values"])
