"""Tiles and strips of a TIFF page: checked against the file, then decoded one by one."""

from __future__ import annotations

import math
import os
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from sar_models.domain.errors import SlideError
from sar_models.stores.readers.headers import jpeg2000_header, jpeg_header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from tifffile import TiffPage

    from sar_models.domain.geometry import Region
    from sar_models.stores.readers.plane import Plane

DEFAULT_DECODE_BYTES = 2 * 1024**3
"""Largest block that is decoded in one piece: half of the default memory budget."""

_CACHE_BYTES = 64 * 1024**2
_JPEG = frozenset((7, 33007))
_JPEG2000 = frozenset((33004, 33005, 34712))
_SUPPORTED = frozenset(
    # none, LZW, deflate (old, Adobe), PackBits, LZMA, Zstandard (two codes), WebP
    (1, 5, 8, 32946, 32773, 34925, 34926, 50000, 50001)
) | (_JPEG | _JPEG2000)
# The most that a stored byte can become: DEFLATE's and LZW's bounds, a JPEG of one flat colour.
_MAX_RATIO = {1: 1, 5: 2048, 8: 1032, 32946: 1032, 32773: 128, 7: 2048, 33007: 2048}
_PADDING_PX = 16  # some writers pad blocks to whole MCUs


def check_segments(page: TiffPage, file_bytes: int, what: str) -> None:
    """Refuse a page whose tiles or strips are not all inside the file.

    Raises
    ------
    SlideError
        If the file is truncated, or the size in its header does not fit its data.
    """
    offsets = np.asarray(page.dataoffsets, dtype=np.uint64)
    counts = np.asarray(page.databytecounts, dtype=np.uint64)
    expected = math.prod(page.chunked)
    if len(offsets) != len(counts) or len(offsets) < expected:
        raise SlideError(
            f"{what} claims {page.imagewidth} x {page.imagelength} pixels in {expected} blocks, "
            f"but lists {min(len(offsets), len(counts))}",
            remedy="The file is damaged; copy or export it again.",
        )
    end = int((offsets[:expected] + counts[:expected]).max(initial=0))
    if end > file_bytes:
        raise SlideError(
            f"{what} is truncated: its data goes to byte {end}, the file has {file_bytes}",
            remedy="Copy or export it again.",
        )


def check_decodable(plane: Plane, what: str, limit: int) -> None:
    """Refuse a plane that we cannot decode, or not within ``limit`` bytes at a time.

    Raises
    ------
    SlideError
        If the compression is unknown, one tile or strip is too large, or the claimed size is
        more than its data could ever fill.
    """
    page = plane.page
    if page.compression not in _SUPPORTED:
        raise SlideError(
            f"{what} is compressed by method {int(page.compression)}, which is not supported",
            remedy="Convert it to a tiled TIFF with JPEG, LZW or deflate compression.",
        )
    # Tiles may be missing (sparse files) and their number was checked; strips may not.
    stored = sum(plane.counts)
    claimed = math.prod((plane.size.width, plane.size.height, plane.separate, plane.samples))
    claimed *= plane.dtype.itemsize
    ratio = _MAX_RATIO.get(int(page.compression))
    if not page.is_tiled and ratio is not None and claimed > stored * ratio:
        raise SlideError(
            f"{what} claims {plane.size} pixels, but holds only {stored} bytes of them",
            remedy="The file is damaged; copy or export it again.",
        )
    need = math.prod(plane.block) * plane.samples * plane.dtype.itemsize
    if need > limit and not plane.is_raw:
        raise too_large(f"{what} of {plane.size} pixels", need, limit)


def too_large(what: str, need: int, limit: int) -> SlideError:
    """Return the refusal of a block that would have to be decoded in one piece."""
    return SlideError(
        f"{what} has to be decoded in one piece of {need / 1024**2:,.0f} MB, "
        f"the limit is {limit / 1024**2:,.0f} MB",
        remedy="Convert it to a tiled pyramid (`vips tiffsave IN OUT.tif --tile --pyramid "
        "--compression jpeg`), or allow more memory.",
    )


class SegmentReader:
    """Reads regions of TIFF pages of one open file.

    File reads take turns (one handle), decoding runs in parallel: threads may share a reader.

    Parameters
    ----------
    handle : file object
        Binary, seekable.
    """

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self._file_lock = threading.Lock()
        self._huge_lock = threading.Lock()
        self._cache = _SegmentCache(_CACHE_BYTES)

    def read(self, plane: Plane, region: Region) -> NDArray[Any]:
        """Return ``(height, width, samples)`` of a region that lies inside the plane."""
        if plane.is_raw:
            return self._read_rows(plane, region)
        shape = (region.height, region.width, plane.separate * plane.samples)
        # Blocks that were never written (sparse TIFF) are glass: white.
        blank = 0 if plane.page.photometric == 0 else np.iinfo(plane.dtype).max
        out = np.full(shape, blank, dtype=plane.dtype)
        for part in range(plane.separate):
            target = out[..., part * plane.samples : (part + 1) * plane.samples]
            for index, y, x in _blocks(plane, region, part):
                block = self._block(plane, index)
                if block is not None:
                    _paste(target, block, x - region.x, y - region.y)
        return out

    def _block(self, plane: Plane, index: int) -> NDArray[Any] | None:
        """Return a decoded tile or strip ``(rows, columns, samples)``, ``None`` if it is sparse."""
        name = (plane.number, index)
        cached = self._cache.get(name)
        if cached is not None:
            return cached
        if plane.counts[index] == 0:
            return None
        if math.prod(plane.block) * plane.samples * plane.dtype.itemsize <= _CACHE_BYTES:
            return self._decoded(plane, index, name)
        with self._huge_lock:  # two threads must not hold the same huge strip twice
            cached = self._cache.get(name)
            return self._decoded(plane, index, name) if cached is None else cached

    def _decoded(self, plane: Plane, index: int, name: tuple[int, int]) -> NDArray[Any] | None:
        data = self._bytes(plane.offsets[index], plane.counts[index])
        _check_block_header(plane, data)
        # Only JPEG decoders take tables.
        options = {} if plane.page.compression not in _JPEG else {"jpegtables": plane.jpegtables}
        decoded, _, _ = plane.page.decode(data, index, **options)
        if decoded is None:
            return None
        block: NDArray[Any] = decoded[0]
        self._cache.put(name, block)
        return block

    def _read_rows(self, plane: Plane, region: Region) -> NDArray[Any]:
        """Return rows of uncompressed strips without reading whole strips."""
        strip_rows, width = plane.block
        strips, _ = plane.blocks_down_across
        stored = plane.dtype.newbyteorder(plane.page.parent.byteorder)
        pixel = plane.samples * plane.dtype.itemsize
        shape = (plane.separate, region.height, region.width, plane.samples)
        out = np.empty(shape, dtype=plane.dtype)
        for part in range(plane.separate):
            for row in range(region.height):
                strip, inside = divmod(region.y + row, strip_rows)
                start = plane.offsets[part * strips + strip]
                line = self._bytes(
                    start + (inside * width + region.x) * pixel, region.width * pixel
                )
                out[part, row] = np.frombuffer(line, stored).reshape(-1, plane.samples)
        return np.concatenate(tuple(out), axis=2)

    def _bytes(self, offset: int, count: int) -> bytes:
        with self._file_lock:
            self._handle.seek(offset, os.SEEK_SET)
            data: bytes = self._handle.read(count)
        if len(data) != count:
            raise EOFError(f"the file became shorter: it ends before byte {offset + count}")
        return data


def _blocks(plane: Plane, region: Region, part: int) -> Iterator[tuple[int, int, int]]:
    """Yield index, top and left of the tiles or strips of a sample plane that meet ``region``."""
    rows, columns = plane.block
    down, across = plane.blocks_down_across
    for j in range(region.y // rows, math.ceil((region.y + region.height) / rows)):
        for i in range(region.x // columns, math.ceil((region.x + region.width) / columns)):
            yield (part * down + j) * across + i, j * rows, i * columns


def _paste(out: NDArray[Any], block: NDArray[Any], x: int, y: int) -> None:
    """Copy ``block`` into ``out`` with its corner at (x, y), cut at the borders of ``out``."""
    top, left = max(y, 0), max(x, 0)
    bottom, right = min(y + block.shape[0], out.shape[0]), min(x + block.shape[1], out.shape[1])
    if bottom > top and right > left:
        out[top:bottom, left:right] = block[top - y : bottom - y, left - x : right - x]


def _check_block_header(plane: Plane, data: bytes) -> None:
    """Refuse a compressed block that claims to be larger than its place.

    Its decoder would allocate what the block claims: a few bytes can ask for gigabytes.
    """
    if plane.page.compression in _JPEG:
        header = jpeg_header(data, whole=False)
    elif plane.page.compression in _JPEG2000:
        header = jpeg2000_header(data)
    else:
        return
    rows, columns = plane.block
    if header.width > columns + _PADDING_PX or header.height > rows + _PADDING_PX:
        raise ValueError(
            f"a block claims {header.width} x {header.height} pixels, its place has "
            f"{columns} x {rows}"
        )


class _SegmentCache:
    """Decoded blocks, most recently used first, within a number of bytes (at least one block)."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._blocks: OrderedDict[tuple[int, int], NDArray[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: tuple[int, int]) -> NDArray[Any] | None:
        with self._lock:
            if name in self._blocks:
                self._blocks.move_to_end(name)
            return self._blocks.get(name)

    def put(self, name: tuple[int, int], block: NDArray[Any]) -> None:
        with self._lock:
            if name in self._blocks:
                return
            self._blocks[name] = block
            self._bytes += block.nbytes
            while self._bytes > self._limit and len(self._blocks) > 1:
                self._bytes -= self._blocks.popitem(last=False)[1].nbytes
