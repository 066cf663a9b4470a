"""A slide that a connector in another process reads."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sar_models.domain.errors import WorkerError
from sar_models.stores.readers.base import check_region

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from sar_models.domain.geometry import Region
    from sar_models.domain.slides import SlideInfo
    from sar_models.stores.worker.store import WorkerStore


class WorkerSlide:
    """An open slide of a :class:`WorkerStore`. Threads may share it.

    When the process had to be started anew, the slide is opened there again.

    Parameters
    ----------
    store : WorkerStore
    slide : str
        Its name in the store.
    info : SlideInfo
    reference : (running process, number)
        What stands for it there.
    """

    def __init__(self, store: WorkerStore, slide: str, info: SlideInfo, reference: Any) -> None:
        self._store, self._slide, self._info = store, slide, info
        self._hold(reference)
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
        WorkerError
            If the process of the connector died or did not answer.
        """
        check_region(self._info, level, region, closed=self._closed)
        pixels = np.empty((region.height, region.width, 3), np.uint8)
        for x, y, width, height in _blocks(region.width, region.height, self._store.block_pixels):
            block = self._block(level, (region.x + x, region.y + y, width, height))
            if block.shape != (height, width, 3):
                raise WorkerError(
                    f"The connector returned pixels of shape {block.shape!r} for a region of "
                    f"{width} x {height}"
                )
            pixels[y : y + height, x : x + width] = block
        return pixels

    def close(self) -> None:
        """Release the slide; the process closes it with its next request."""
        if not self._closed:
            self._closed = True
            self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _block(self, level: int, block: tuple[int, int, int, int]) -> NDArray[Any]:
        pixels = self._store.read_block(self._reference, level, block)
        if pixels is None:
            self._release()
            self._hold(self._store.reopen(self._slide))
            pixels = self._store.read_block(self._reference, level, block)
        if pixels is None:
            raise WorkerError(f"The process that reads the slide {self._slide!r} does not stay up")
        return pixels

    def _hold(self, reference: Any) -> None:
        self._reference = reference
        self._release = weakref.finalize(self, self._store.forget, reference)
        self._release.atexit = False


def _blocks(width: int, height: int, most: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield x, y, width, height of blocks of at most ``most`` pixels that cover a region."""
    columns = min(width, most)
    rows = max(1, min(height, most // columns))
    for y in range(0, height, rows):
        for x in range(0, width, columns):
            yield x, y, min(columns, width - x), min(rows, height - y)
