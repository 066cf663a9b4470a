"""Which pages of a plain TIFF are levels of one image."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tifffile import TiffPage

_MASK = 4
_ROUNDING_PX = 2


def pyramids(pages: Iterable[TiffPage]) -> list[list[TiffPage]]:
    """Group the pages of a TIFF into images with their levels, in file order.

    A page is a level of the image before it if it is smaller, has the same kind of samples, and
    both axes shrink by one factor up to the rounding of sizes. Sub-IFDs follow the same rule.
    Transparency masks are no images.
    """
    images: list[list[TiffPage]] = []
    for page in pages:
        if page.subfiletype & _MASK or 0 in page.shape:
            continue
        if images and _is_level(page, images[-1]):
            images[-1].append(page)
        else:
            images.append([page])
        for sub in page.pages or ():
            if _is_level(sub.aspage(), images[-1]):
                images[-1].append(sub.aspage())
    return images


def _is_level(page: TiffPage, image: Sequence[TiffPage]) -> bool:
    base, last = image[0], image[-1]
    same_kind = page.samplesperpixel == base.samplesperpixel and page.dtype == base.dtype
    smaller = page.imagewidth < last.imagewidth and page.imagelength < last.imagelength
    return same_kind and smaller and _is_scaled(page, base)


def _is_scaled(page: TiffPage, base: TiffPage) -> bool:
    """Whether one factor explains both sizes, each rounded by less than two pixels."""
    axes = (base.imagewidth, page.imagewidth), (base.imagelength, page.imagelength)
    lowest = max(whole / (part + _ROUNDING_PX) for whole, part in axes)
    highest = min(whole / max(part - _ROUNDING_PX, 0.5) for whole, part in axes)
    return lowest < highest
