"""Arrange pieces on a slide: scattered without overlap, or nearly where they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import shapely
from scipy.signal import fftconvolve
from shapely import affinity

from sar_models.domain.errors import OptionError
from sar_models.synthesis.raster import SHIFT, Raster

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Offset = NDArray[np.float64]

_CELLS = 260
_FULLEST = 0.62
"""Share of the slide that tissue takes at most before a larger slide is taken."""
_LAPPED = (0.003, 0.03)
"""Share of the smaller piece that may lie over another one."""
_GROWTHS = 40


def scattered(
    rng: np.random.Generator,
    shapes: Sequence[BaseGeometry],
    gap: float,
    lapping: frozenset[int] = frozenset(),
) -> list[Offset]:
    """Return an offset for each shape that scatters them over a slide.

    Parameters
    ----------
    rng : Generator
        Decides where.
    shapes : sequence of geometry
        Tissue as it is turned already, pixels.
    gap : float
        Least distance between two of them, pixels.
    lapping : frozenset of int
        Shapes of which the smallest touches or slightly overlaps another one; the others keep
        their distance.
    """
    areas = np.array([shape.area for shape in shapes])
    cell = float(np.sqrt(areas.sum())) * 2.0 / _CELLS
    order = sorted(range(len(shapes)), key=lambda i: -areas[i])
    lapped = next((i for i in reversed(order) if i in lapping), None)
    if lapped is not None and len(lapping) > 1:
        # After those that it may lie on, and before what it must not touch.
        first = [i for i in order if i in lapping and i != lapped]
        order = [*first, lapped, *(i for i in order if i not in lapping)]
    else:
        lapped = None
    wide = float(rng.uniform(0.75, 1.35))
    room = sum(shape.buffer(gap).area for shape in shapes) / _FULLEST
    for _ in range(_GROWTHS):
        size = np.sqrt(room) * np.array([np.sqrt(wide), 1.0 / np.sqrt(wide)])
        found = _tried(rng, shapes, order, size, cell, gap, lapped)
        if found is not None:
            return found
        room *= 1.08
    raise OptionError("The pieces do not fit on a slide", remedy="Take fewer pieces or controls.")


def _tried(
    rng: np.random.Generator,
    shapes: Sequence[BaseGeometry],
    order: Sequence[int],
    size: NDArray[np.float64],
    cell: float,
    gap: float,
    lapped: int | None,
) -> list[Offset] | None:
    """Place the shapes one by one on a slide of ``size``; ``None`` if one finds no place."""
    raster = Raster.over((0.0, 0.0, float(size[0]), float(size[1])), cell)
    taken = np.zeros((raster.height, raster.width), dtype=np.float32)
    offsets: list[Offset] = [np.zeros(2)] * len(shapes)
    for index in order:
        low, free = _places(shapes[index], taken, cell, gap, index == lapped)
        if not len(free):
            return None
        corner = free[int(rng.integers(len(free)))]
        offsets[index] = corner[::-1] * cell - low
        _, body = _rastered(shapes[index], cell)
        inner = np.round((np.asarray(shapes[index].bounds[:2]) - low) / cell).astype(int)
        y, x = corner + inner[::-1]
        part = taken[y : y + body.shape[0], x : x + body.shape[1]]
        np.maximum(part, body[: part.shape[0], : part.shape[1]], out=part)
    return offsets


def _places(
    shape: BaseGeometry, taken: NDArray[np.float32], cell: float, gap: float, lapping: bool
) -> tuple[Offset, NDArray[np.intp]]:
    """Return a corner of the shape, and the cells (N, 2) row and column where it may come."""
    if lapping:
        low, mask = _rastered(shape, cell)
        share = _covered(taken, mask) / mask.sum()
        near = np.argwhere((share > _LAPPED[0]) & (share < _LAPPED[1]))
        if len(near):
            return low, near
    low, mask = _rastered(shape.buffer(gap), cell)
    return low, np.argwhere(_covered(taken, mask) < 0.5)


def _rastered(shape: BaseGeometry, cell: float) -> tuple[Offset, NDArray[np.float32]]:
    """Return the corner of a shape and its cells, one where it lies."""
    raster = Raster.over(shape.bounds, cell)
    mask = np.zeros((raster.height, raster.width), dtype=np.uint8)
    for part in getattr(shape, "geoms", [shape]):
        ring = raster.fixed_point(np.asarray(part.exterior.coords))
        cv2.fillPoly(mask, [ring], 1, cv2.LINE_8, SHIFT)
    return np.asarray(shape.bounds[:2]), mask.astype(np.float32)


def _covered(taken: NDArray[np.float32], mask: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return for each place of ``mask`` how many cells there are taken; none if it is too large."""
    if any(m > t for m, t in zip(mask.shape, taken.shape, strict=True)):
        return np.zeros((0, 0))
    count = fftconvolve(taken, mask[::-1, ::-1], mode="valid")
    # Whole numbers, so that no rounding error of a platform decides where a piece goes.
    return np.asarray(np.round(count), dtype=np.float64)


def opened(rng: np.random.Generator, shapes: Sequence[BaseGeometry], length: float) -> list[Offset]:
    """Return an offset for each shape that opens gaps between pieces which lie nearly in place.

    Parameters
    ----------
    rng : Generator
        Decides how far, and adds an unevenness.
    shapes : sequence of geometry
        Pieces about where they were in the block, pixels.
    length : float
        Long side of the block, pixels.
    """
    middle = np.asarray(shapely.union_all(list(shapes)).centroid.coords[0])
    apart = [np.asarray(shape.centroid.coords[0]) - middle for shape in shapes]
    jitter = 0.012 * length * rng.standard_normal((len(shapes), 2))
    factor = float(rng.uniform(0.03, 0.1))
    for _ in range(_GROWTHS):
        offsets = [factor * away + shaken for away, shaken in zip(apart, jitter, strict=True)]
        moved = [affinity.translate(s, *o) for s, o in zip(shapes, offsets, strict=True)]
        together = shapely.union_all(moved).area
        if sum(shape.area for shape in moved) - together < 1e-6 * together:
            return offsets
        factor += 0.03
    raise OptionError("The pieces do not come apart", remedy="Take fewer pieces.")
