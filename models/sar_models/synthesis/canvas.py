"""Pictures of any size, read tile by tile: what pyramids are written from."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from sar_models.domain.geometry import Region, Size, level_scale
from sar_models.domain.transforms import Affine
from sar_models.synthesis.noise import stream

if TYPE_CHECKING:
    from sar_models.synthesis.imaging import Image

_GRAIN_TILE = 256
_SMALLEST = 64


class Canvas(Protocol):
    """A picture that yields any region at any size of the whole."""

    @property
    def size(self) -> Size:
        """Extent of level 0 in pixels."""
        ...

    def read(self, level: Size, region: Region) -> Image:
        """Return ``region`` of the picture as a level of size ``level``: (h, w, 3) uint8."""
        ...


class ImageCanvas:
    """A picture in memory, shown at any size, also far larger than it is.

    Enlarged, it gets grain of its own, so that files compress about as real ones do. A tile costs
    the same at every size and nothing is held but the picture and its halvings.

    Parameters
    ----------
    image : (H, W, 3) uint8
        The picture.
    size : Size or None
        Size to show it at; its own when ``None``.
    """

    def __init__(self, image: Image, size: Size | None = None) -> None:
        self._size = size or Size(image.shape[1], image.shape[0])
        self._halvings = [image]

    @property
    def size(self) -> Size:
        """Extent of level 0 in pixels."""
        return self._size

    @property
    def shown_from_image(self) -> Affine:
        """The map from pixels of the picture to pixels of level 0."""
        image = self._halvings[0]
        sx, sy = level_scale(Size(image.shape[1], image.shape[0]), self._size)
        return Affine.scaling(float(sx), float(sy))

    def read(self, level: Size, region: Region) -> Image:
        """Return ``region`` of the picture as a level of size ``level``: (h, w, 3) uint8."""
        image = self._at_least(level)
        held = Size(image.shape[1], image.shape[0])
        if held == level:
            return image[region.y : region.y + region.height, region.x : region.x + region.width]
        sx, sy = level_scale(level, held)
        # Corner-origin positions scale about 0; samplers count from centres.
        matrix = np.array(
            [
                [sx, 0.0, (region.x + 0.5) * sx - 0.5],
                [0.0, sy, (region.y + 0.5) * sy - 0.5],
            ]
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        wanted = (region.width, region.height)
        x0, y0 = (max(int(v) - 2, 0) for v in matrix[:, 2])
        x1 = int(matrix[0, 2] + region.width * sx) + 4
        y1 = int(matrix[1, 2] + region.height * sy) + 4
        matrix[:, 2] -= (x0, y0)
        part = np.ascontiguousarray(image[y0:y1, x0:x1])
        tile = cv2.warpAffine(part, matrix, wanted, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return self._grained(np.asarray(tile, dtype=np.uint8), region, 1.0 / float(sx))

    def _at_least(self, level: Size) -> Image:
        """Return the smallest halving that is still at least as large as ``level``."""
        number = 0
        while True:
            image = self._halvings[number]
            half = Size(max(image.shape[1] // 2, 1), max(image.shape[0] // 2, 1))
            if half.width < max(level.width, _SMALLEST) or half.height < level.height:
                return image
            number += 1
            if number == len(self._halvings):
                smaller = cv2.resize(image, (half.width, half.height), interpolation=cv2.INTER_AREA)
                self._halvings.append(np.asarray(smaller, dtype=np.uint8))

    def _grained(self, tile: Image, region: Region, enlargement: float) -> Image:
        if enlargement < 1.5:
            return tile
        grain = _grain()
        rows = (np.arange(region.height) + region.y) % _GRAIN_TILE
        columns = (np.arange(region.width) + region.x) % _GRAIN_TILE
        return np.asarray(cv2.add(tile, grain[rows[:, None], columns[None]], dtype=cv2.CV_8U))


@cache
def _grain() -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    noise = stream(0, "grain").normal(0.0, 5.0, (_GRAIN_TILE, _GRAIN_TILE, 1))
    return np.repeat(np.round(noise).astype(np.int16), 3, axis=2)
