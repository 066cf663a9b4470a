"""Where the review log of an alignment lies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sar_models.domain.errors import InputError
from sar_models.stores.alignment_folder import RECORD_NAME
from sar_models.stores.reviews.index import INDEX_NAME
from sar_models.stores.reviews.log import REVIEWS

if TYPE_CHECKING:
    from pathlib import Path

_RESULTS = ("pairs", "sar_align")
"""Sub-folders in which batches and folder stores keep alignment folders."""
_LEVELS_UP = 3
_EVENT_FILE = re.compile(r".+-[0-9a-f]{8}(\.[0-9a-f]{12})?\.jsonl")


def log_folder(path: Path) -> Path:
    """Return the folder whose log holds the reviews of ``path``.

    The nearest folder at or above, up to three levels, that has a review log; where there is none
    yet, the folder that holds the alignment folders.

    Parameters
    ----------
    path : Path
        An alignment folder, a folder of alignment folders, the output of a batch, or a folder of
        slides with results.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    if not path.is_dir():
        raise InputError(
            f"{str(path)!r} is no folder",
            remedy="Give an alignment folder, or the folder that holds them.",
        )
    start = path.resolve()
    if (start / RECORD_NAME).is_file():
        start = start.parent
    else:
        start = next((start / name for name in _RESULTS if (start / name).is_dir()), start)
    above = [start, *start.parents][: _LEVELS_UP + 1]
    return next((folder for folder in above if has_log(folder)), start)


def has_log(folder: Path) -> bool:
    """Tell whether a folder has a review log, and not only a sub-folder of that name."""
    try:
        names = [entry.name for entry in (folder / REVIEWS).iterdir()]
    except OSError:
        return False
    return any(name == INDEX_NAME or _EVENT_FILE.fullmatch(name) for name in names)
