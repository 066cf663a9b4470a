"""Slides of any size that are drawn by formula where they are read: no file, no memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np

from sar_models.domain.geometry import Mpp, Points, Region, Size, level_scale
from sar_models.domain.slides import SlideInfo
from sar_models.stores.readers.base import check_region

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_PERIODS_PX = (16_000.0, 900.0, 60.0)
"""Of the pattern, level-0 pixels: something to see at every zoom."""
_GLASS = 235.0
_DEPTH = np.array([70.0, 110.0, 50.0])


class ProceduralSlide:
    """A slide that is computed where it is read. Threads may share it.

    Parameters
    ----------
    name : str
    size : Size
        Level 0.
    mpp : Mpp or None
    place : callable or None
        Gives the place on the pattern that a level-0 position ``(N, 2)`` shows: two slides with
        different maps show the same pattern deformed, with known truth.
    smallest_px : int
        Levels are halved until the longer side is below this.
    """

    def __init__(
        self,
        name: str,
        size: Size,
        mpp: Mpp | None = None,
        *,
        place: Callable[[Points], Points] | None = None,
        smallest_px: int = 256,
    ) -> None:
        levels = [size]
        while max(levels[-1].width, levels[-1].height) > smallest_px:
            levels.append(Size(-(-levels[-1].width // 2), -(-levels[-1].height // 2)))
        self._info = SlideInfo(
            uri=name,
            name=name,
            size=size,
            levels=tuple(levels),
            mpp=mpp,
            reader="procedural",
            checksum=f"procedural:{name}",
        )
        self._place = place
        self._closed = False

    @property
    def info(self) -> SlideInfo:
        """What is known without reading pixels."""
        return self._info

    def read(self, level: int, region: Region) -> NDArray[np.uint8]:
        """Return the pixels of ``region`` at ``level``: ``(height, width, 3)`` uint8 RGB.

        Raises
        ------
        SlideError
            If the slide is closed or the region does not lie in the level.
        """
        check_region(self._info, level, region, closed=self._closed)
        scale = level_scale(self._info.size, self._info.levels[level])
        x = (region.x + np.arange(region.width) + 0.5) / scale[0]
        y = (region.y + np.arange(region.height) + 0.5) / scale[1]
        at = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        values = pattern(at if self._place is None else self._place(at), 1 / float(scale.min()))
        return values.reshape(region.height, region.width, 3)

    def close(self) -> None:
        """Refuse reads from now on."""
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def pattern(places: Points, pixel_size: float = 1.0) -> NDArray[np.uint8]:
    """Return the colour of the pattern at places ``(N, 2)``, ``(N, 3)`` uint8.

    Parameters
    ----------
    places : (N, 2) array
        NaN is glass.
    pixel_size : float
        Level-0 pixels of a pixel; detail finer than two of them is left out, as an average would.
    """
    value = np.zeros(len(places))
    for period in _PERIODS_PX:
        if period >= 4 * pixel_size:
            angle = 2 * np.pi * places / period
            value += np.sin(angle[:, 0]) * np.cos(angle[:, 1])
    value = np.nan_to_num(value / len(_PERIODS_PX), nan=-1.0)
    colors = _GLASS - (1 + value)[:, None] * _DEPTH
    return np.asarray(np.rint(colors), dtype=np.uint8)
