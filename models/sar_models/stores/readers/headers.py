"""Sizes that PNG, JPEG and JPEG 2000 claim in their headers, read before anything is decoded."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmap import mmap

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
JPEG_MAGIC = b"\xff\xd8\xff"
JP2_MAGIC = b"\x00\x00\x00\x0cjP  "
J2K_MAGIC = b"\xff\x4f\xff\x51"

_PNG_SAMPLES = {0: 1, 2: 3, 3: 4, 4: 2, 6: 4}
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset((0x01, *range(0xD0, 0xD9)))
_SCAN_END = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


@dataclass(frozen=True)
class Header:
    """What an image file claims to hold.

    Parameters
    ----------
    width, height : int
        Pixels.
    samples : int
        Samples per pixel after decoding (an upper bound for PNG palettes).
    bits : int
        Bits per sample.
    complete : bool
        Whether the file goes on to the end that its structure demands.
    """

    width: int
    height: int
    samples: int
    bits: int
    complete: bool = True


def png_header(data: bytes | mmap) -> Header:
    """Read a PNG header and walk the chunks to see whether the end is there.

    Raises
    ------
    ValueError
        If it is no PNG.
    """
    if data[:8] != PNG_MAGIC or data[12:16] != b"IHDR":
        raise ValueError("no PNG header")
    width, height, bits, kind = struct.unpack(">IIBB", data[16:26])
    if kind not in _PNG_SAMPLES:
        raise ValueError(f"unknown PNG colour type {kind}")
    return Header(width, height, _PNG_SAMPLES[kind], bits, _png_ends(data))


def _png_ends(data: bytes | mmap) -> bool:
    position = len(PNG_MAGIC)
    while position + 12 <= len(data):
        (length,) = struct.unpack(">I", data[position : position + 4])
        if data[position + 4 : position + 8] == b"IEND":
            return True
        position += 12 + length
    return False


def jpeg_header(data: bytes | mmap, *, whole: bool = True) -> Header:
    """Read a JPEG header; with ``whole``, also walk the scans to see whether the end is there.

    libjpeg decodes a truncated file without an error, its missing part gray.

    Raises
    ------
    ValueError
        If it is no JPEG.
    """
    if data[:2] != JPEG_MAGIC[:2]:
        raise ValueError("no JPEG header")
    header: Header | None = None
    position = 2
    while position + 4 <= len(data):
        if data[position] != 0xFF:
            raise ValueError(f"no JPEG marker at byte {position}")
        marker = data[position + 1]
        if marker == 0xD9:
            break
        if marker == 0xFF or marker in _JPEG_BARE:
            position += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack(">H", data[position + 2 : position + 4])
        if marker in _JPEG_FRAMES and position + 10 <= len(data):
            bits, height, width, samples = struct.unpack(
                ">BHHB", data[position + 4 : position + 10]
            )
            header = Header(width, height, samples, bits, complete=False)
            if not whole:
                return header
        position += 2 + length
        if marker == 0xDA:
            position = _after_scan(data, position)
    if header is None:
        raise ValueError("the JPEG has no frame header")
    ended = data[position : position + 2] == b"\xff\xd9"
    return Header(header.width, header.height, header.samples, header.bits, complete=ended)


def _after_scan(data: bytes | mmap, position: int) -> int:
    """Return where the marker after entropy-coded data stands."""
    found = _SCAN_END.search(data, position)
    return len(data) if found is None else found.start()


def jpeg2000_header(data: bytes | mmap) -> Header:
    """Read the size of a JPEG 2000 file, boxed (JP2) or bare codestream.

    Raises
    ------
    ValueError
        If it is no JPEG 2000.
    """
    start, complete = _codestream(data)
    if data[start : start + 4] != J2K_MAGIC or len(data) < start + 42:
        raise ValueError("no JPEG 2000 codestream")
    x1, y1, x0, y0 = struct.unpack(">IIII", data[start + 8 : start + 24])
    (samples,) = struct.unpack(">H", data[start + 40 : start + 42])
    bits = (data[start + 42] & 0x7F) + 1 if len(data) > start + 42 else 8
    return Header(x1 - x0, y1 - y0, samples, bits, complete)


def _codestream(data: bytes | mmap) -> tuple[int, bool]:
    """Return where the codestream starts, and whether the file is long enough for its box."""
    position = 0
    if data[:4] == J2K_MAGIC:
        return position, True
    while position + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[position : position + 8])
        header = 8
        if length == 1:
            (length,) = struct.unpack(">Q", data[position + 8 : position + 16])
            header = 16
        if kind == b"jp2c":
            return position + header, length == 0 or position + length <= len(data)
        if length < header:
            break
        position += length
    raise ValueError("the JP2 file has no codestream")
