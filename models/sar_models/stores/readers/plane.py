"""One page of a TIFF as far as pixels need it, and the resolutions made of such pages."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sar_models.domain.errors import SlideError
from sar_models.domain.geometry import Size

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tifffile import TiffFrame, TiffPage


@dataclass(frozen=True, eq=False)
class Plane:
    """A page's layout and places in the file, read once, so that threads may share it.

    Parameters
    ----------
    page : TiffPage
        Decodes blocks; for frames the page that they share their tags with.
    number : int
        Offset of the page in the file: its identity.
    dtype : dtype
        uint8 or uint16, native byte order.
    offsets, counts : sequence of int
        Place and length of each tile or strip, bytes.
    jpegtables : bytes or None
        Tables that all JPEG blocks share.
    """

    page: TiffPage
    number: int
    dtype: np.dtype[Any]
    offsets: Sequence[int]
    counts: Sequence[int]
    jpegtables: bytes | None

    @property
    def size(self) -> Size:
        """Extent in pixels."""
        return Size(int(self.page.imagewidth), int(self.page.imagelength))

    @property
    def separate(self) -> int:
        """How many sample planes are stored one after the other (1: interleaved)."""
        page = self.page
        return int(page.samplesperpixel) if page.planarconfig == 2 else 1

    @property
    def samples(self) -> int:
        """Samples of a pixel within one block."""
        return int(self.page.samplesperpixel) // self.separate

    @property
    def block(self) -> tuple[int, int]:
        """Rows and columns of a tile or strip."""
        page = self.page
        if page.is_tiled:
            return int(page.tilelength), int(page.tilewidth)
        return min(int(page.rowsperstrip), int(page.imagelength)), int(page.imagewidth)

    @property
    def blocks_down_across(self) -> tuple[int, int]:
        """How many tiles or strips lie below and beside each other."""
        rows, columns = self.block
        return math.ceil(self.size.height / rows), math.ceil(self.size.width / columns)

    @property
    def is_raw(self) -> bool:
        """Whether rows can be read straight from the file, however long a strip is."""
        page = self.page
        return (
            not page.is_tiled
            and page.compression == 1
            and page.predictor == 1
            and page.fillorder == 1
        )


@dataclass(frozen=True, eq=False)
class Level:
    """One resolution of an image: one plane, or one for each of red, green and blue."""

    planes: tuple[Plane, ...]

    @property
    def size(self) -> Size:
        """Extent in pixels."""
        return self.planes[0].size


def level_of(pages: Iterable[TiffPage | TiffFrame | None], what: str) -> Level:
    """Return a level made of ``pages``.

    Raises
    ------
    SlideError
        If pixels are not 8 or 16 bit unsigned, or a page is missing or has depth.
    """
    return Level(tuple(_plane(page, what) for page in pages))


def _plane(page: TiffPage | TiffFrame | None, what: str) -> Plane:
    key = None if page is None else page.keyframe
    if page is None or key is None:
        raise SlideError(
            f"{what} refers to a plane that is not in this file",
            remedy="Export the slide as one file.",
        )
    if key.dtype not in (np.uint8, np.uint16) or key.bitspersample not in (8, 16):
        raise SlideError(
            f"{what} has samples of {key.bitspersample!r} bits ({key.dtype or 'unknown type'}), "
            "expected 8 or 16 bit unsigned",
            remedy="Save it as 8-bit or 16-bit RGB or grayscale.",
        )
    if key.imagedepth != 1:
        raise SlideError(
            f"{what} is {key.imagedepth} planes deep, expected one",
            remedy="Save one plane of it as RGB or grayscale.",
        )
    tables = page.jpegtables if key.compression in (7, 33007) else None
    return Plane(
        key, page.offset, np.dtype(key.dtype), page.dataoffsets, page.databytecounts, tables
    )
