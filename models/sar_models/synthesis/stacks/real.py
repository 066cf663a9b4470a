"""Stacks of pictures of real tissue: what they show, separated into components."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.domain.errors import OptionError
from sar_models.synthesis.derive import separate
from sar_models.synthesis.raster import FULL
from sar_models.synthesis.stacks.stack import LONG_SIDE_PX, Stack, stacked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.synthesis.imaging import Image
    from sar_models.synthesis.raster import Plane

_TILE_PX = 320
"""Tiles show single cells: half of their resolution is closest to what is ever encoded."""
_BRIGHTEST_PERCENTILE = 99.5
_CHANNELS = 4


def slide_stack(name: str, image: Image) -> Stack:
    """Separate a picture ``(H, W, 3)`` of an H&E slide."""
    planes = separate(image)
    return stacked(
        name, name, [[planes[key] for key in ("nuclear", "matrix", "mid")]], 2 * LONG_SIDE_PX
    )


def tile_stack(name: str, group: str, he: Image, fluorescence: NDArray[np.uint8]) -> Stack:
    """Join an H&E tile with the co-registered channels of its neighbour.

    Parameters
    ----------
    name, group : str
    he : (H, W, 3) uint8
    fluorescence : (4 * H, W) uint8
        DAPI and three markers, stacked vertically.

    Raises
    ------
    OptionError
        If the channels are not four of the tile's size.
    """
    height, width = he.shape[:2]
    if fluorescence.shape != (_CHANNELS * height, width):
        raise OptionError(
            f"Tile {name!r} of {width} x {height} px has channels of shape {fluorescence.shape}",
            remedy=f"Expected are {_CHANNELS} channels, stacked vertically.",
        )
    seen = separate(he)
    dapi, *markers = (_normalised(c) for c in np.split(fluorescence, _CHANNELS))
    shared = [seen["matrix"], seen["mid"], *markers]
    return stacked(name, group, [[seen["nuclear"], *shared], [dapi, *shared]], _TILE_PX)


def _normalised(channel: NDArray[np.uint8]) -> Plane:
    """Return a fluorescence channel over its brightest, without its background."""
    dark, bright = np.percentile(channel, (20.0, _BRIGHTEST_PERCENTILE))
    scaled = (channel.astype(np.float32) - dark) / max(float(bright - dark), 8.0)
    smooth = cv2.GaussianBlur(np.clip(scaled, 0.0, 1.2), (0, 0), 1.0)
    return np.asarray(np.asarray(smooth) * FULL, dtype=np.uint8)
