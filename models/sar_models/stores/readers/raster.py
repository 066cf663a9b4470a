"""PNG, JPEG and JPEG 2000 files: decoded in one piece, so only within the memory limit."""

from __future__ import annotations

import mmap
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np

from sar_models.domain.errors import SlideError
from sar_models.domain.geometry import Size
from sar_models.domain.slides import SlideInfo
from sar_models.stores.readers.base import FileSlide
from sar_models.stores.readers.files import checksum
from sar_models.stores.readers.foreign import translated
from sar_models.stores.readers.headers import (
    J2K_MAGIC,
    JP2_MAGIC,
    JPEG_MAGIC,
    PNG_MAGIC,
    Header,
    jpeg2000_header,
    jpeg_header,
    png_header,
)
from sar_models.stores.readers.pixels import Colour
from sar_models.stores.readers.segments import too_large

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from sar_models.domain.geometry import Region

_DAMAGED = "Copy or export it again."


@dataclass(frozen=True)
class _Codec:
    name: str
    header: Callable[[Any], Header]
    decode: Callable[[bytes], NDArray[Any]]
    work_bytes: int
    """Working bytes per sample besides the result: OpenJPEG computes in 32 bit."""


_CODECS = {
    PNG_MAGIC: _Codec("PNG", png_header, imagecodecs.png_decode, 0),
    JPEG_MAGIC: _Codec("JPEG", jpeg_header, imagecodecs.jpeg8_decode, 0),
    JP2_MAGIC: _Codec("JPEG 2000", jpeg2000_header, imagecodecs.jpeg2k_decode, 4),
    J2K_MAGIC: _Codec("JPEG 2000", jpeg2000_header, imagecodecs.jpeg2k_decode, 4),
}


class RasterSource:
    """An image that is decoded whole at the first read and kept; threads may share it."""

    declared_bits = None

    def __init__(self, path: Path, codec: _Codec, header: Header) -> None:
        self._path = path
        self._codec = codec
        self._header = header
        self._pixels: NDArray[Any] | None = None
        self._lock = threading.Lock()
        self.colour = Colour(alpha="straight" if header.samples in (2, 4) else "none")

    def read(self, level: int, region: Region) -> NDArray[Any]:
        """Return ``(height, width, samples)`` of a region inside the image."""
        del level  # there is only one
        pixels = self._decoded()
        rows = slice(region.y, region.y + region.height)
        # A copy: the caller may change a tile, never the image.
        return pixels[rows, region.x : region.x + region.width].copy()

    def close(self) -> None:
        """Forget the pixels."""
        self._pixels = None

    def _decoded(self) -> NDArray[Any]:
        with self._lock:
            if self._pixels is None:
                pixels = self._codec.decode(self._path.read_bytes())
                if pixels.ndim == 2:
                    pixels = pixels[..., np.newaxis]
                if pixels.shape[:2] != (self._header.height, self._header.width):
                    raise ValueError(f"decoded to {pixels.shape!r}, not what its header says")
                if pixels.dtype not in (np.uint8, np.uint16):
                    raise ValueError(f"has {pixels.dtype} samples, expected 8 or 16 bit unsigned")
                self._pixels = pixels
            return self._pixels


def is_raster(head: bytes) -> bool:
    """Tell whether a file that starts with ``head`` is one of ours."""
    return any(head.startswith(magic) for magic in _CODECS)


def open_raster(path: Path, head: bytes, series: int | None, limit: int) -> FileSlide:
    """Open a PNG, JPEG or JPEG 2000 file: its header is checked, its pixels wait.

    Density tags of these formats speak of print, not of microscopes: the pixel size is unknown.
    An EXIF orientation is not applied: coordinates are those of the stored pixels, as in QuPath.

    Raises
    ------
    SlideError
        If the file is damaged or truncated, too large to decode, or not RGB or grayscale.
    """
    codec = next(codec for magic, codec in _CODECS.items() if head.startswith(magic))
    what = f"Slide {str(path)!r} ({codec.name})"
    with translated(f"{what} cannot be read", _DAMAGED):
        header = _checked_header(path, codec, what, limit)
        if series not in (None, 0):
            raise SlideError(f"{what} holds one image, not number {series!r}")
        size = Size(header.width, header.height)
        info = SlideInfo(
            uri=str(path),
            name=path.name,
            size=size,
            levels=(size,),
            reader="imagecodecs",
            checksum=checksum(path),
        )
        return FileSlide(info, RasterSource(path, codec, header))


def _checked_header(path: Path, codec: _Codec, what: str, limit: int) -> Header:
    with (
        path.open("rb") as handle,
        mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        header = codec.header(data)
    if header.width < 1 or header.height < 1:
        raise SlideError(f"{what} claims {header.width} x {header.height} pixels", remedy=_DAMAGED)
    sample_bytes = 1 if header.bits <= 8 else 2
    need = header.width * header.height * header.samples * (sample_bytes + codec.work_bytes)
    if need > limit:
        raise too_large(f"{what} of {header.width} x {header.height} pixels", need, limit)
    if not header.complete:
        raise SlideError(f"{what} is truncated", remedy=_DAMAGED)
    if header.samples > 4 or (codec.name == "JPEG" and header.samples == 4):
        raise SlideError(
            f"{what} has {header.samples} samples per pixel (CMYK or a stack), "
            "expected RGB or grayscale",
            remedy="Save it as RGB.",
        )
    return header
