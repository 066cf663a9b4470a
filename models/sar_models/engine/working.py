"""Working images: a slide, or a part of it, at the resolution that registration works on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.domain.errors import OptionError
from sar_models.domain.geometry import Region, Size, level_scale
from sar_models.domain.transforms import Affine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.slides import Slide, SlideInfo

_STRIP_PX = 4_000_000
"""Pixels that are decoded at once: 12 MB, and 48 MB as float while they are averaged."""


@dataclass(frozen=True, eq=False)
class WorkingImage:
    """Part of a slide at working resolution.

    Parameters
    ----------
    rgb : (H, W, 3) uint8
    slide_from_working : Affine
        Corner-origin working pixels to level-0 pixels of the slide.
    """

    rgb: NDArray[np.uint8]
    slide_from_working: Affine

    @property
    def size(self) -> Size:
        """Extent in working pixels."""
        return Size(self.rgb.shape[1], self.rgb.shape[0])


def region_of(info: SlideInfo, roi: Region | None, name: str) -> Region:
    """Return the part of level 0 to use: the region of interest, or everything.

    Raises
    ------
    OptionError
        If the region of interest does not touch the slide.
    """
    if roi is None:
        return Region(0, 0, info.size.width, info.size.height)
    left, top = max(roi.x, 0), max(roi.y, 0)
    right = min(roi.x + roi.width, info.size.width)
    bottom = min(roi.y + roi.height, info.size.height)
    if right <= left or bottom <= top:
        raise OptionError(
            f"{name}_roi {roi!r} lies outside the slide of {info.size} pixels",
            remedy="Give x,y,width,height in level-0 pixels of the slide.",
        )
    return Region(left, top, right - left, bottom - top)


def read_working(slide: Slide, region: Region, shrink: float, max_px: int) -> WorkingImage:
    """Read a region of a slide, area-averaged to ``1 / shrink`` of its level-0 resolution.

    Parameters
    ----------
    slide : Slide
    region : Region
        Level-0 pixels.
    shrink : float
        Level-0 pixels per working pixel; less than 1 is read as 1: nothing is enlarged.
    max_px : int
        Most pixels that the result may have; a finer request is coarsened.

    Notes
    -----
    The pyramid level is the coarsest one that is still at least as fine as the result. It is read
    in strips of bounded size, so that a slide without a pyramid costs time, not memory.
    """
    shrink = max(shrink, 1.0, math.sqrt(region.width * region.height / max_px))
    size = Size(max(round(region.width / shrink), 1), max(round(region.height / shrink), 1))
    level, scale = _level_for(slide.info, shrink)
    level_size = slide.info.levels[level]
    left, top = int(region.x * scale[0]), int(region.y * scale[1])
    right = min(math.ceil((region.x + region.width) * scale[0]), level_size.width)
    bottom = min(math.ceil((region.y + region.height) * scale[1]), level_size.height)
    part = Region(left, top, max(right - left, 1), max(bottom - top, 1))
    rgb = _read_shrunk(slide, level, part, size)
    per_pixel = np.array([part.width / size.width, part.height / size.height]) / scale
    slide_from_working = Affine(
        np.array([[per_pixel[0], 0, left / scale[0]], [0, per_pixel[1], top / scale[1]]])
    )
    return WorkingImage(rgb, slide_from_working)


def _level_for(info: SlideInfo, shrink: float) -> tuple[int, NDArray[np.float64]]:
    """Return the coarsest level that is fine enough, and its pixels per level-0 pixel."""
    for level in range(len(info.levels) - 1, 0, -1):
        scale = level_scale(info.size, info.levels[level])
        if float(scale.min()) * shrink >= 1.0 - 1e-6:
            return level, scale
    return 0, np.ones(2)


def _read_shrunk(slide: Slide, level: int, part: Region, size: Size) -> NDArray[np.uint8]:
    """Read a part of a level in strips, each averaged to its rows of the result."""
    out = np.empty((size.height, size.width, 3), dtype=np.uint8)
    rows_per_row = part.height / size.height
    step = max(int(_STRIP_PX / max(part.width * rows_per_row, 1.0)), 1)
    for first in range(0, size.height, step):
        last = min(first + step, size.height)
        # Strip borders are rounded to whole level rows: less than half a row of shift.
        top, bottom = round(first * rows_per_row), round(last * rows_per_row)
        region = Region(part.x, part.y + top, part.width, max(bottom - top, 1))
        out[first:last] = cv2.resize(
            _read_tiled(slide, level, region),
            (size.width, last - first),
            interpolation=cv2.INTER_AREA,
        ).reshape(last - first, size.width, 3)
    return out


def _read_tiled(slide: Slide, level: int, region: Region) -> NDArray[np.uint8]:
    """Read a region; one that is very wide in single rows is still read at once."""
    return np.ascontiguousarray(slide.read(level, region))
