"""Plain TIFF and OME-TIFF, tile by tile, on tifffile."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from tifffile import TiffFile

from sar_models.domain.errors import SlideError
from sar_models.domain.slides import SlideInfo
from sar_models.stores.readers.base import FileSlide
from sar_models.stores.readers.files import checksum
from sar_models.stores.readers.foreign import tifffile_complaints, translated
from sar_models.stores.readers.ome import ome_image, refuse_entities
from sar_models.stores.readers.pixels import Alpha, Colour
from sar_models.stores.readers.plane import Level, level_of
from sar_models.stores.readers.pyramid import pyramids
from sar_models.stores.readers.resolution import tiff_mpp
from sar_models.stores.readers.segments import (
    SegmentReader,
    check_decodable,
    check_segments,
    too_large,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from tifffile import TiffPage

    from sar_models.domain.geometry import Mpp, Region

_DAMAGE = re.compile(r"invalid (page|value|tag|IFD)? ?offset|corrupted|invalid data size", re.I)
_DAMAGED = "The file is damaged or truncated; copy or export it again."
_DIALECTS = ("svs", "scn", "bif", "philips")
_COLOUR_SPACES = {0: "gray", 1: "gray", 2: "RGB", 3: "palette", 6: "YCbCr"}
_OPENSLIDE_PIXEL_BYTES = 4
_ALPHAS: dict[int, Alpha] = {1: "premultiplied", 2: "straight"}
_JPEG_LIKE = frozenset((7, 33007, 33004, 33005, 34712))


class TiffSource:
    """Pixels of one image of a TIFF; threads may share it (see :class:`SegmentReader`).

    Parameters
    ----------
    tif : TiffFile
        Kept open for its pages, closed with the source.
    path : Path
        Opened a second time for pixels, so that page metadata and pixels do not share a handle.
    levels : tuple of Level
    declared_bits : int or None
    """

    def __init__(
        self, tif: TiffFile, path: Path, levels: tuple[Level, ...], declared_bits: int | None
    ) -> None:
        self._tif = tif
        self._levels = levels
        self._handle = path.open("rb")
        self._reader = SegmentReader(self._handle)
        self.colour = colour_of(levels[0], f"Slide {str(path)!r}")
        self.declared_bits = declared_bits

    def read(self, level: int, region: Region) -> NDArray[Any]:
        """Return ``(height, width, samples)`` of a region inside the level."""
        planes = [self._reader.read(plane, region) for plane in self._levels[level].planes]
        return planes[0] if len(planes) == 1 else np.concatenate(planes, axis=2)

    def close(self) -> None:
        """Release both handles."""
        self._handle.close()
        self._tif.close()


def read_structure(path: Path, limit: int) -> TiffFile:
    """Open a TIFF and read its whole directory structure, so that damage shows now.

    Raises
    ------
    SlideError
        If the structure is damaged, any page's data lies outside the file, or its tiles are
        larger than ``limit`` bytes.
    """
    what = f"Slide {str(path)!r}"
    with tifffile_complaints() as complaints, translated(f"{what} cannot be read", _DAMAGED):
        # Left to itself, tifffile reads any file named *.ndpi as that format.
        tif = TiffFile(path, _multifile=False, is_ndpi=False)
        try:
            _check_structure(tif, path.stat().st_size, what, limit)
            damage = [line for line in complaints if _DAMAGE.search(line)]
            if damage:
                raise SlideError(
                    f"{what} is truncated or damaged: its structure points to where no data is",
                    remedy="Copy or export it again.",
                )
        except BaseException:
            tif.close()
            raise
    return tif


def _check_structure(tif: TiffFile, file_bytes: int, what: str, limit: int) -> None:
    pages = [page.aspage() for page in tif.pages]
    if not pages:
        raise SlideError(
            f"{what} is truncated or damaged: it has the head of a TIFF and no image",
            remedy="Copy or export it again.",
        )
    refuse_entities(str(pages[0].description), what)
    for page in pages:
        for one in (page, *(sub.aspage() for sub in page.pages or ())):
            check_segments(one, file_bytes, what)
            # OpenSlide allocates what a header claims, and ends the process when that fails.
            tile_bytes = int(one.tilewidth) * int(one.tilelength) * _OPENSLIDE_PIXEL_BYTES
            if one.is_tiled and tile_bytes > limit:
                raise too_large(f"A tile of {what[0].lower()}{what[1:]}", tile_bytes, limit)


def dialect_of(tif: TiffFile) -> str | None:
    """Return which scanner's dialect a TIFF is written in, ``None`` for a plain one."""
    return next((name for name in _DIALECTS if getattr(tif, f"is_{name}")), None)


def open_tiff(tif: TiffFile, path: Path, series: int | None, limit: int) -> FileSlide:
    """Return the slide of a plain TIFF or OME-TIFF; it owns ``tif`` from now on.

    Raises
    ------
    SlideError
        If the image is missing, no brightfield image, or needs more than ``limit`` at once.
    """
    what = f"Slide {str(path)!r}"
    with tifffile_complaints(), translated(f"{what} cannot be read", _DAMAGED):
        index, levels, mpp, bits = _image(tif, series, what)
        for level in levels:
            check_level(level, what, limit)
        info = SlideInfo(
            uri=str(path),
            name=path.name,
            size=levels[0].size,
            levels=tuple(level.size for level in levels),
            mpp=mpp,
            reader="tifffile",
            series=index,
            checksum=checksum(path),
        )
        return FileSlide(info, TiffSource(tif, path, levels, bits))


def check_level(level: Level, what: str, limit: int) -> None:
    """Refuse a level that cannot be decoded within ``limit`` bytes at a time.

    Raises
    ------
    SlideError
        See :func:`check_decodable` and :func:`colour_of`.
    """
    for plane in level.planes:
        check_decodable(plane, what, limit)
    colour_of(level, what)


def _image(
    tif: TiffFile, series: int | None, what: str
) -> tuple[int, tuple[Level, ...], Mpp | None, int | None]:
    if tif.is_ome:
        index, image = ome_image(tif, series, what)
        return index, image.levels, image.mpp, image.significant_bits
    images = pyramids(page.aspage() for page in tif.pages)
    imagej = tif.imagej_metadata or {}
    if series is None and int(imagej.get("images", 1)) > 1:
        raise SlideError(
            f"{what} is an ImageJ stack of {imagej['images']} images, expected one plane",
            remedy="Save one plane of it as RGB or grayscale.",
        )
    index = _choose(images, series, what)
    page = images[index][0]
    levels = tuple(level_of((one,), what) for one in images[index])
    return index, levels, tiff_mpp(page, imagej.get("unit")), _declared_bits(page)


def _choose(images: list[list[TiffPage]], series: int | None, what: str) -> int:
    if not images:
        raise SlideError(f"{what} holds no image", remedy=_DAMAGED)
    if series is not None:
        if not 0 <= series < len(images):
            raise SlideError(
                f"{what} holds images 0 to {len(images) - 1}, not {series!r}",
                remedy="Choose another series.",
            )
        return series
    areas = [image[0].imagewidth * image[0].imagelength for image in images]
    if areas.count(max(areas)) > 1:
        raise SlideError(
            f"{what} holds {areas.count(max(areas))} images of the same size "
            "as a stack or a time series does",
            remedy=f"Say which one (series 0 to {len(images) - 1}), or save one plane of it.",
        )
    return areas.index(max(areas))


def _declared_bits(page: TiffPage) -> int | None:
    """Return how many bits the ``MaxSampleValue`` tag says are used, if it is there."""
    value = page.tags.valueof(281)
    brightest = max(value) if isinstance(value, tuple) else value
    return int(brightest).bit_length() if isinstance(brightest, int) and brightest > 0 else None


def colour_of(level: Level, what: str) -> Colour:
    """Return how the samples of a level are to be read.

    Raises
    ------
    SlideError
        If they are no brightfield colours (CMYK, CIELab, more than four samples).
    """
    page = level.planes[0].page
    photometric = int(page.photometric)
    samples = int(page.samplesperpixel) * len(level.planes)
    ycbcr = photometric == 6 and page.compression not in _JPEG_LIKE
    if photometric not in _COLOUR_SPACES or ycbcr or samples > 4:
        raise SlideError(
            f"{what} stores colours as {_COLOUR_SPACES.get(photometric, photometric)!r} "
            f"with {samples} samples, expected RGB or grayscale",
            remedy="Save the slide as RGB.",
        )
    extra = int(page.extrasamples[-1]) if page.extrasamples else 0
    alpha: Alpha = _ALPHAS.get(extra, "none")
    palette = _palette(page) if photometric == 3 else None
    return Colour(alpha=alpha, palette=palette, white_is_zero=photometric == 0)


def _palette(page: TiffPage) -> NDArray[np.uint8]:
    table = np.asarray(page.colormap)
    # The standard has 16-bit colours; some writers leave them at 8 bits.
    return (table // 257 if table.max() > 255 else table).T.astype(np.uint8)
