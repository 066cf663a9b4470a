"""Pixels of a slide around some place, at about a wanted resolution, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.domain.geometry import Region, level_scale
from sar_models.domain.transforms import Affine
from sar_models.report.resample import sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.slides import Slide

_BLOCK_PX = 2048
"""Side of what is read at once when a slide has no level coarse enough."""
_MARGIN_PX = 2


@dataclass(frozen=True, eq=False)
class Patch:
    """A piece of a slide.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        RGB.
    patch_from_slide : Affine
        Corner-origin pixels of the piece from level-0 pixels of the slide.
    """

    pixels: NDArray[np.uint8]
    patch_from_slide: Affine

    def at(self, places: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Return the pixels at level-0 places ``(h, w, 2)``; the border's beyond the piece."""
        here = self.patch_from_slide.map(places.reshape(-1, 2)).reshape(places.shape)
        high = np.array(self.pixels.shape[1::-1], dtype=np.float64)
        # Half a pixel at the rim belongs to the slide and has no second neighbour to mix with.
        inside = np.clip(here, 0.5, np.maximum(high - 0.5, 0.5))
        return np.asarray(sample(self.pixels, inside, 255), dtype=np.uint8)


def read_patch(
    slide: Slide, low: NDArray[np.float64], high: NDArray[np.float64], pixel_size: float
) -> Patch | None:
    """Return a slide's pixels from ``low`` to ``high``.

    Parameters
    ----------
    slide : Slide
    low, high : (2,) arrays
        Corners, level-0 pixels; may lie beyond the slide.
    pixel_size : float
        Wanted level-0 pixels per pixel; what comes is that or up to twice as fine.

    Returns
    -------
    Patch or None
        Nothing where the rectangle lies beyond the slide.

    Raises
    ------
    SlideError
        If the slide cannot be read.
    """
    level = _level_for(slide, pixel_size)
    size = slide.info.levels[level]
    scale = level_scale(slide.info.size, size)
    extent = size.as_array()
    first = np.clip(np.floor(low * scale) - _MARGIN_PX, 0, extent).astype(np.intp)
    last = np.clip(np.ceil(high * scale) + _MARGIN_PX, 0, extent).astype(np.intp)
    if np.any(last <= first):
        return None
    factor = max(1, int(pixel_size * float(scale.min())))
    region = Region(int(first[0]), int(first[1]), *(int(v) for v in last - first))
    pixels = _read_shrunk(slide, level, region, factor)
    shrink = np.array(pixels.shape[1::-1]) / (last - first)
    level_from_slide = Affine.scaling(float(scale[0]), float(scale[1]))
    patch_from_level = Affine.scaling(*(float(v) for v in shrink)) @ Affine.translation(-first)
    return Patch(pixels, patch_from_level @ level_from_slide)


def _level_for(slide: Slide, pixel_size: float) -> int:
    """Return the coarsest level that is as fine as wanted."""
    info = slide.info
    fine = [
        index
        for index, size in enumerate(info.levels)
        if 1 / float(level_scale(info.size, size).min()) <= pixel_size * 1.001
    ]
    return fine[-1] if fine else 0


def _read_shrunk(slide: Slide, level: int, region: Region, factor: int) -> NDArray[np.uint8]:
    """Read a region, averaged over ``factor`` pixels per axis, block by block."""
    if factor == 1 and max(region.width, region.height) <= _BLOCK_PX:
        return slide.read(level, region)
    side = max(_BLOCK_PX // factor, 1) * factor
    shape = (-(-region.height // factor), -(-region.width // factor), 3)
    shrunk = np.empty(shape, dtype=np.uint8)
    for top in range(0, region.height, side):
        for left in range(0, region.width, side):
            width, height = min(side, region.width - left), min(side, region.height - top)
            block = slide.read(level, Region(region.x + left, region.y + top, width, height))
            small = (-(-width // factor), -(-height // factor))
            rows = slice(top // factor, top // factor + small[1])
            columns = slice(left // factor, left // factor + small[0])
            shrunk[rows, columns] = cv2.resize(block, small, interpolation=cv2.INTER_AREA)
    return shrunk
