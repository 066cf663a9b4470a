"""Scanner formats: what tiffslide or OpenSlide say of them, and their pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import openslide
from tiffslide import TiffSlide

from sar_models.domain.errors import SlideError
from sar_models.domain.geometry import Region, Size, level_scale
from sar_models.domain.slides import SlideInfo
from sar_models.stores.readers.base import FileSlide
from sar_models.stores.readers.files import checksum
from sar_models.stores.readers.foreign import describe, tifffile_complaints, translated
from sar_models.stores.readers.pixels import Colour
from sar_models.stores.readers.plane import level_of
from sar_models.stores.readers.resolution import plausible_mpp
from sar_models.stores.readers.tiff import TiffSource, check_level

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray


_DAMAGED = "The file is damaged or of an unknown dialect; copy it again or convert it to OME-TIFF."
# tiffslide reads these in full. Of Ventana and Hamamatsu it reads little (it warns), Ventana's
# tiles overlap, and where Leica did not scan, tiffslide paints black what OpenSlide leaves clear.
_TIFFSLIDE_DIALECTS = frozenset(("svs", "philips"))


def open_vendor(path: Path, dialect: str | None, series: int | None, limit: int) -> FileSlide:
    """Open a scanner's file with tiffslide, or where that cannot, with OpenSlide.

    Parameters
    ----------
    path : Path
    dialect : str or None
        TIFF dialect as tifffile names it (``svs``, ``ndpi`` ...), ``None`` if it is no TIFF.
    series : int or None
        Must be 0 or ``None``: these readers show one image.
    limit : int
        Largest block to decode at once, bytes.

    Raises
    ------
    SlideError
        If neither can read it; the message is that of the first.
    """
    if series not in (None, 0):
        raise SlideError(f"Slide {str(path)!r} holds one image, not number {series!r}")
    if dialect not in _TIFFSLIDE_DIALECTS:
        return open_with_openslide(path)
    try:
        return open_with_tiffslide(path, limit)
    except SlideError as first:
        try:
            return open_with_openslide(path)
        except SlideError as second:
            raise SlideError(
                f"{first.message} (OpenSlide: {describe(second.__cause__ or second)})",
                remedy=first.remedy,
            ) from first


def open_with_tiffslide(path: Path, limit: int) -> FileSlide:
    """Open a slide with tiffslide.

    Raises
    ------
    SlideError
        If tiffslide cannot read it.
    """
    what = f"Slide {str(path)!r}"
    with tifffile_complaints(), translated(f"{what} cannot be read by tiffslide", _DAMAGED):
        slide = TiffSlide(path)
        try:
            series = slide.ts_tifffile.series[slide.properties["tiffslide.series-index"]]
            levels = tuple(level_of(level.pages, what) for level in series.levels)
            for level in levels:
                check_level(level, what, limit)
            # Pixels come straight from the tiles: tiffslide places regions by one rounded
            # downsample for both axes, and no reads of its own tell a lying tile from a right one.
            source = TiffSource(slide.ts_tifffile, path, levels, declared_bits=None)
            sizes = tuple(level.size for level in levels)
            return FileSlide(_info(path, "tiffslide", sizes, slide.properties), source)
        except BaseException:
            slide.close()
            raise


def open_with_openslide(path: Path) -> FileSlide:
    """Open a slide with OpenSlide.

    Raises
    ------
    SlideError
        If OpenSlide cannot read it.
    """
    with translated(f"Slide {str(path)!r} cannot be read by OpenSlide", _DAMAGED):
        slide = openslide.OpenSlide(path)
        sizes = tuple(Size(w, h) for w, h in slide.level_dimensions)
        return FileSlide(
            _info(path, "openslide", sizes, slide.properties), OpenSlideSource(slide, sizes)
        )


def _info(
    path: Path, reader: str, sizes: tuple[Size, ...], properties: Mapping[str, Any]
) -> SlideInfo:
    mpp = plausible_mpp(properties.get(f"{reader}.mpp-x"), properties.get(f"{reader}.mpp-y"))
    return SlideInfo(
        uri=str(path),
        name=path.name,
        size=sizes[0],
        levels=sizes,
        mpp=mpp,
        bounds=bounds_of(properties, reader, sizes[0]),
        reader=reader,
        checksum=checksum(path),
    )


def bounds_of(properties: Mapping[str, Any], reader: str, size: Size) -> Region | None:
    """Return the part of level 0 that the scanner covered, cut to the slide."""
    names = ("x", "y", "width", "height")
    values = [properties.get(f"{reader}.bounds-{name}") for name in names]
    if any(value is None for value in values):
        return None
    x, y, width, height = (int(float(value)) for value in values if value is not None)
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + width, size.width), min(y + height, size.height)
    return Region(left, top, right - left, bottom - top) if right > left and bottom > top else None


class OpenSlideSource:
    """Pixels that OpenSlide reads; transparent ones (never scanned) become white.

    OpenSlide takes positions in level-0 pixels, so a level's are off by less than half of one.
    Threads may share it.
    """

    declared_bits = None
    # OpenSlide's own order is premultiplied ARGB; openslide-python undoes that.
    colour = Colour(alpha="straight")

    def __init__(self, slide: openslide.OpenSlide, sizes: tuple[Size, ...]) -> None:
        self._slide = slide
        self._scales = tuple(level_scale(sizes[0], size) for size in sizes)

    def read(self, level: int, region: Region) -> NDArray[Any]:
        """Return ``(height, width, 4)`` of a region inside the level."""
        x, y = np.rint(np.array([region.x, region.y]) / self._scales[level]).astype(int).tolist()
        return np.asarray(self._slide.read_region((x, y), level, (region.width, region.height)))

    def close(self) -> None:
        """Release the file."""
        self._slide.close()
