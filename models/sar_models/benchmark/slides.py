"""Slide files of a folder, and levels small enough to be read as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_models.domain.errors import InputError
from sar_models.domain.geometry import Region
from sar_models.stores import IMAGE_SUFFIXES

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from sar_models.domain.slides import Slide, SlideInfo

_MOST_PIXELS = 40_000_000


def slide_files(folder: Path) -> list[Path]:
    """Return the slide files that lie in ``folder``, by name.

    Raises
    ------
    InputError
        If there is none.
    """
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    found = [path for path in entries if path.is_file() and path.suffix.lower() in IMAGE_SUFFIXES]
    if not found:
        raise InputError(
            f"{str(folder)!r} holds no slide files",
            remedy="Give a folder with slides: " + ", ".join(sorted(IMAGE_SUFFIXES)) + ".",
        )
    return found


def workable_level(info: SlideInfo) -> int:
    """Return the finest level that can be held in memory as a whole, 40 megapixels at most.

    Raises
    ------
    InputError
        If there is none.
    """
    for level, size in enumerate(info.levels):
        if size.width * size.height <= _MOST_PIXELS:
            return level
    raise InputError(
        f"The coarsest level of {info.name!r} has {info.levels[-1]} pixels, more than "
        f"{_MOST_PIXELS}",
        remedy="Give a slide with a full pyramid.",
    )


def read_level(slide: Slide, level: int) -> NDArray[np.uint8]:
    """Return all pixels of a level, ``(H, W, 3)``."""
    size = slide.info.levels[level]
    return slide.read(level, Region(0, 0, size.width, size.height))
