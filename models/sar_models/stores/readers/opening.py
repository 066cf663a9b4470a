"""``open_slide``: decide by content what a file is, and hand it to its reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openslide

from sar_models.domain.errors import SlideError
from sar_models.stores.readers.files import checked_path, head_of
from sar_models.stores.readers.foreign import translated
from sar_models.stores.readers.raster import is_raster, open_raster
from sar_models.stores.readers.segments import DEFAULT_DECODE_BYTES
from sar_models.stores.readers.tiff import dialect_of, open_tiff, read_structure
from sar_models.stores.readers.vendor import open_vendor

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from sar_models.stores.readers.base import FileSlide

IMAGE_SUFFIXES = frozenset(
    (
        *(".bif", ".czi", ".dcm", ".mrxs", ".ndpi", ".scn", ".svs", ".svslide", ".vms", ".vmu"),
        *(".tif", ".tiff", ".png", ".jpg", ".jpeg", ".jp2", ".jpx", ".j2k"),
    )
)
"""Suffixes by which a folder's slides are found; what a file *is*, its content decides."""

# Hamamatsu's NDPI is a TIFF of its own kind beyond 4 GB; Trestle hides its overlaps in a text.
_OPENSLIDE_TIFFS = frozenset(("hamamatsu", "trestle"))
_TIFF_MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def open_slide(
    path: str | os.PathLike[str],
    *,
    series: int | None = None,
    decode_limit: int = DEFAULT_DECODE_BYTES,
) -> FileSlide:
    """Open a slide file of any format that we know.

    The content decides, not the suffix. TIFF dialects of scanners go to tiffslide (Aperio, Philips)
    or OpenSlide (Hamamatsu, Leica, Ventana, Trestle, and what tiffslide cannot read); other
    TIFFs and OME-TIFFs are read by their tiles; PNG, JPEG and JPEG 2000 are decoded in one piece;
    everything else OpenSlide knows (MIRAX, DICOM, Zeiss) goes there.

    Parameters
    ----------
    path : path
        A regular file.
    series : int or None
        Which image of a file with several; ``None`` takes the largest.
    decode_limit : int
        Largest block, in bytes, that may be decoded in one piece (a tile, a strip, a whole PNG).

    Returns
    -------
    FileSlide
        Open; threads may share it. Close it, or use it as a context manager.

    Raises
    ------
    SlideError
        With one message that says what is wrong, where, and what to do.
    """
    file = checked_path(path)
    with translated(f"Slide {str(file)!r} cannot be read", "Check the file and its permissions."):
        head = head_of(file)
    if is_raster(head):
        if _is_mirax(file):
            return open_vendor(file, None, series, decode_limit)
        return open_raster(file, head, series, decode_limit)
    if head.startswith(_TIFF_MAGICS):
        return _open_any_tiff(file, series, decode_limit)
    if _openslide_format(file) is not None:
        return open_vendor(file, None, series, decode_limit)
    raise SlideError(
        f"{str(file)!r} is not an image of a known format (it starts with {head[:8]!r})",
        remedy="Slides can be SVS, NDPI, SCN, MRXS, BIF, DICOM, TIFF, OME-TIFF, PNG, JPEG or "
        "JPEG 2000.",
    )


def _open_any_tiff(path: Path, series: int | None, decode_limit: int) -> FileSlide:
    scanner = _openslide_format(path)
    if scanner in _OPENSLIDE_TIFFS:
        return open_vendor(path, scanner, series, decode_limit)
    tif = read_structure(path, decode_limit)
    try:
        dialect = dialect_of(tif)
        if dialect is None:
            return open_tiff(tif, path, series, decode_limit)
    except BaseException:
        tif.close()
        raise
    tif.close()
    return open_vendor(path, dialect, series, decode_limit)


def _openslide_format(path: Path) -> str | None:
    with translated(f"Slide {str(path)!r} cannot be read", "Check the file."):
        found: str | None = openslide.OpenSlide.detect_format(path)
        return found


def _is_mirax(path: Path) -> bool:
    """Tell whether a JPEG is a MIRAX slide's main file; its pixels lie in a folder beside it."""
    return _openslide_format(path) == "mirax"
