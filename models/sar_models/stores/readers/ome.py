"""The OME-XML of an OME-TIFF: the images it holds, their pixel sizes and channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from sar_models.domain.errors import SlideError
from sar_models.stores.readers.plane import Level, level_of
from sar_models.stores.readers.resolution import micrometres, plausible_mpp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tifffile import TiffFile, TiffPageSeries

    from sar_models.domain.geometry import Mpp

_CONVERT = "Save one plane of it as 8-bit or 16-bit RGB (QuPath: Export images > OME-TIFF)."
_RGB_NAMES = ("red", "green", "blue"), ("r", "g", "b")


@dataclass(frozen=True, eq=False)
class OmeImage:
    """One image of an OME-TIFF."""

    levels: tuple[Level, ...]
    mpp: Mpp | None
    significant_bits: int | None


def refuse_entities(xml: str, what: str) -> None:
    """Refuse XML that declares entities: a few bytes of it can expand to gigabytes.

    Raises
    ------
    SlideError
        If the text has a document type or entity declaration.
    """
    upper = xml.upper()
    if "<!DOCTYPE" in upper or "<!ENTITY" in upper:
        raise SlideError(
            f"{what} declares XML entities in its metadata, which no microscope does",
            remedy="Do not trust this file; export the slide again.",
        )


def ome_image(tif: TiffFile, series: int | None, what: str) -> tuple[int, OmeImage]:
    """Return the number and the content of an image of an OME-TIFF.

    Parameters
    ----------
    tif : TiffFile
        Open, its ``is_ome`` true.
    series : int or None
        Number of the image; ``None`` takes the largest (labels and overviews are smaller).
    what : str
        The file, for messages.

    Raises
    ------
    SlideError
        If the image is missing, is a stack, is fluorescence, or lies in other files.
    """
    xml = tif.ome_metadata or ""
    root = ElementTree.fromstring(xml)
    images = list(tif.series)
    if not images:
        raise SlideError(f"{what} holds no image", remedy=_CONVERT)
    index = _largest(images) if series is None else series
    if not 0 <= index < len(images):
        raise SlideError(
            f"{what} holds images 0 to {len(images) - 1}, not {index!r}",
            remedy="Choose another series.",
        )
    pixels = [e for e in root.iter() if e.tag.rpartition("}")[2] == "Pixels"]
    attributes = dict(pixels[index].attrib) if len(pixels) == len(images) else {}
    channels = _channel_names(pixels[index]) if attributes else ()
    levels = tuple(_level(level, channels, what) for level in images[index].levels)
    bits = attributes.get("SignificantBits", "")
    mpp = plausible_mpp(
        *(
            micrometres(attributes.get(f"PhysicalSize{a}"), attributes.get(f"PhysicalSize{a}Unit"))
            for a in "XY"
        )
    )
    return index, OmeImage(levels, mpp, int(bits) if bits.isdecimal() else None)


def _largest(images: Sequence[TiffPageSeries]) -> int:
    areas = [_area(image) for image in images]
    return areas.index(max(areas))


def _area(image: TiffPageSeries) -> int:
    sizes = dict(zip(image.axes, image.shape, strict=True))
    return int(sizes.get("X", 0)) * int(sizes.get("Y", 0))


def _channel_names(pixels: ElementTree.Element) -> tuple[str, ...]:
    found = [e for e in pixels if e.tag.rpartition("}")[2] == "Channel"]
    return tuple(e.attrib.get("Name", "").strip().lower() for e in found)


def _level(level: TiffPageSeries, channels: tuple[str, ...], what: str) -> Level:
    sizes = dict(zip(level.axes, level.shape, strict=True))
    stack = {axis: n for axis, n in sizes.items() if axis not in "XYSC" and n > 1}
    if stack:
        listed = ", ".join(f"{n} along {axis}" for axis, n in stack.items())
        raise SlideError(f"{what} is a stack ({listed}), expected one plane", remedy=_CONVERT)
    planes = sizes.get("C", 1)
    named = any(channels) and channels not in _RGB_NAMES
    if planes not in (1, 3) or (planes == 3 and named):
        names = f" ({', '.join(channels)})" if any(channels) else ""
        raise SlideError(
            f"{what} has {planes} channels{names}, expected brightfield RGB or grayscale",
            remedy=_CONVERT,
        )
    if len(level.pages) != planes:
        raise SlideError(
            f"{what} has {len(level.pages)} of its {planes} planes in this file",
            remedy="Export the slide as one OME-TIFF file.",
        )
    return level_of(level.pages, what)
