"""The slide that every reader returns: pixels from a source, rules in one place."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

from sar_models.domain.errors import SlideError
from sar_models.domain.geometry import Region
from sar_models.stores.readers.foreign import translated
from sar_models.stores.readers.pixels import to_rgb8, white_level

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Size
    from sar_models.domain.slides import SlideInfo
    from sar_models.stores.readers.pixels import Colour

_PROBE_PX = 1024
_PROBES_PER_AXIS = 4


class PixelSource(Protocol):
    """Native pixels of a file. Implementations lock whatever threads must not share."""

    @property
    def colour(self) -> Colour:
        """How the samples are to be read."""
        ...

    @property
    def declared_bits(self) -> int | None:
        """Bits of a 16-bit sample that the file says are used."""
        ...

    def read(self, level: int, region: Region) -> NDArray[Any]:
        """Return ``(height, width, samples)`` uint8 or uint16 of a region inside the level."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...


class FileSlide:
    """An open slide file. Threads may share it; closing while another reads is an error there.

    Parameters
    ----------
    info : SlideInfo
        What the reader found.
    source : PixelSource
        Where the pixels come from; closed with the slide.
    """

    def __init__(self, info: SlideInfo, source: PixelSource) -> None:
        self._info = replace(info, uri=writable(info.uri), name=writable(info.name))
        self._source = source
        self._colour: Colour | None = None
        self._colour_lock = threading.Lock()
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
            If the slide is closed, the region does not lie in the level, or the file cannot be
            read or decoded (any more).
        """
        check_region(self._info, level, region, closed=self._closed)
        with translated(
            f"Slide {self._info.name!r} cannot be read at level {level}, {region!r}",
            "The file is damaged, or changed or vanished while it was read; copy it again.",
        ):
            samples = self._source.read(level, region)
            return to_rgb8(samples, self._colour_for(samples))

    def renamed(self, uri: str) -> FileSlide:
        """Return the slide under the name that a store has for it; this object is given up."""
        return FileSlide(replace(self._info, uri=uri), self._source)

    def close(self) -> None:
        """Release the file; reading afterwards is an error, closing twice is not."""
        if not self._closed:
            self._closed = True
            self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._info.name!r} {self._info.size} {self._info.reader}>"

    def _colour_for(self, samples: NDArray[Any]) -> Colour:
        if samples.dtype == np.uint8:
            return self._source.colour
        with self._colour_lock:
            if self._colour is None:
                white = white_level(self._brightest(), self._source.declared_bits)
                self._colour = replace(self._source.colour, white_level=white)
            return self._colour

    def _brightest(self) -> int:
        """Return the brightest sample in a fixed grid of patches over the coarsest level."""
        level = len(self._info.levels) - 1
        size = self._info.levels[level]
        return max(
            int(self._source.read(level, patch).max())
            for patch in probe_patches(size, _PROBE_PX, _PROBES_PER_AXIS)
        )


def check_region(info: SlideInfo, level: int, region: Region, *, closed: bool) -> None:
    """Refuse a read that cannot succeed.

    Raises
    ------
    SlideError
        If the slide is closed, or the region does not lie in the level.
    """
    if closed:
        raise SlideError(f"Slide {info.name!r} is closed", remedy="Open it again.")
    if not 0 <= level < len(info.levels):
        raise SlideError(
            f"Slide {info.name!r} has levels 0 to {len(info.levels) - 1}, not {level!r}"
        )
    if not region.lies_in(info.levels[level]):
        raise SlideError(
            f"{region!r} does not lie in level {level} of slide {info.name!r} "
            f"({info.levels[level]} pixels)"
        )


def probe_patches(size: Size, patch_px: int, per_axis: int) -> list[Region]:
    """Return patches that cover an image, or sample it evenly when it is larger than they are."""
    return [
        Region(x, y, width, height)
        for y, height in _spans(size.height, patch_px, per_axis)
        for x, width in _spans(size.width, patch_px, per_axis)
    ]


def _spans(extent: int, patch_px: int, count: int) -> list[tuple[int, int]]:
    if extent <= patch_px * count:
        starts = range(0, extent, patch_px)
        return [(start, min(patch_px, extent - start)) for start in starts]
    step = (extent - patch_px) / (count - 1)
    return [(round(i * step), patch_px) for i in range(count)]


def writable(name: str) -> str:
    """Return a file name as text that records and reports can hold.

    Names of old shares need not be UTF-8; Python keeps their bytes as lone surrogates, which no
    text file takes.
    """
    return os.fsencode(name).decode("utf-8", "replace")
