"""Fixing one fragment by landmarks: a new version of an alignment beside the old one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sar_models.domain.errors import LandmarkError
from sar_models.stores.alignment_folder import read_alignment, write_alignment
from sar_widgets.items import check_same

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.slides import Slide
    from sar_widgets.items import OpenSlide
    from sar_widgets.landmarks import LandmarkBoard

    Realign = Callable[[Slide, Slide, Alignment, LandmarkBoard], Alignment]

_VERSION = re.compile(r"(?P<stem>.+)-fix-\d+")


def realign(source: Slide, target: Slide, parent: Alignment, landmarks: LandmarkBoard) -> Alignment:
    """Return an alignment with one fragment made anew under fixed points, all else as it was.

    Raises
    ------
    LandmarkError
        If the points do not lie on the fragment or contradict each other.
    """
    # torch is slow to load, and looking at alignments needs none.
    from sar_models.engine.correction import correct, correction_options

    options = correction_options(parent, landmarks.fragment, landmarks.points())
    return correct(source, target, parent, options)


def fix(
    folder: Path,
    landmarks: LandmarkBoard,
    opener: OpenSlide,
    how: Realign = realign,
) -> Path:
    """Write a corrected version of an alignment beside it; return its folder.

    Parameters
    ----------
    folder : Path
        Alignment folder; it stays as it is.
    landmarks : LandmarkBoard
        At least one pair.
    opener : callable
        Opens the slide of a record.
    how : callable
        Does the work.

    Raises
    ------
    LandmarkError
        If there is no landmark, or they cannot be used.
    SlideError
        If a slide cannot be opened, or is another one by now.
    """
    if not landmarks.pairs:
        raise LandmarkError("There is no landmark pair", remedy="Set at least one.")
    parent = read_alignment(folder)
    with opener(parent.pair.source) as source, opener(parent.pair.target) as target:
        check_same(source.info, parent.pair.source)
        check_same(target.info, parent.pair.target)
        corrected = how(source, target, parent, landmarks)
    place = _next_version(folder)
    write_alignment(place, corrected)
    return place


def _next_version(folder: Path) -> Path:
    found = _VERSION.fullmatch(folder.name)
    stem = folder.name if found is None else found["stem"]
    number = 1
    while (folder.parent / f"{stem}-fix-{number}").exists():
        number += 1
    return folder.parent / f"{stem}-fix-{number}"
