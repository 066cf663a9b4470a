"""Where results lie in a project: all of it below ``sar_align``, files that QuPath leaves alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.stores.journal_file import JOURNAL_SUFFIX

if TYPE_CHECKING:
    from pathlib import Path

RESULTS = "sar_align"
ENTRY_PREFIX = "entry:"
"""Entries are remembered by QuPath's number: people rename images."""


def entry_key(number: int) -> str:
    """Return how an entry is remembered in objects and journals."""
    return f"{ENTRY_PREFIX}{number}"


@dataclass(frozen=True)
class Places:
    """Paths of a project.

    Parameters
    ----------
    project : Path
        The project's folder.
    """

    project: Path

    @property
    def results(self) -> Path:
        """Folder for everything that is ours alone."""
        return self.project / RESULTS

    @property
    def notes(self) -> Path:
        """Folder of decisions that were taken in QuPath and are not in the review log yet."""
        return self.results / "decisions"

    def outbox(self, target: str, source: str) -> Path:
        """Return where what was published for a target waits to be imported in QuPath."""
        return self.results / "outbox" / file_part(target) / f"{file_part(source)}.geojson"

    def offer(self, target: str, source: str) -> Path:
        """Return where lies what may be imported once somebody accepts it."""
        return self.results / "offers" / file_part(target) / f"{file_part(source)}.geojson"

    def summary(self, target: str, source: str) -> Path:
        """Return where stands what the scripts tell before they import."""
        return self.results / "summaries" / file_part(target) / f"{file_part(source)}.json"

    def exported(self, entry: str) -> Path:
        """Return where lies what QuPath had in an entry when it was last asked."""
        return self.results / "exported" / f"{file_part(entry)}.geojson"

    def journal(self, target: str) -> Path:
        """Return where the journal of a target lies."""
        return self.results / f"{file_part(target)}{JOURNAL_SUFFIX}"

    def lock(self, target: str) -> Path:
        """Return the file that is held while a target is written."""
        return self.results / f"{file_part(target)}.lock"

    def alignment(self, source: str, target: str) -> Path:
        """Return the folder of the alignment of a pair."""
        return self.results / f"{file_part(source)}_to_{file_part(target)}"

    def data(self, number: int) -> Path:
        """Return QuPath's own folder of an entry."""
        return self.project / "data" / str(number)

    def warpy(self, source: int, target: int) -> Path:
        """Return where the extension Warpy looks for the transform of a pair."""
        return self.data(target) / f"transform_{target}_{source}.json"

    def affine_text(self, source: str, target: str) -> Path:
        """Return where the numbers for QuPath's interactive image alignment lie."""
        name = f"{file_part(source)}_over_{file_part(target)}.txt"
        return self.results / "affine" / name


def file_part(key: str) -> str:
    """Return the part of a file name that stands for an entry, or for a slide elsewhere."""
    if key.startswith(ENTRY_PREFIX):
        return key.removeprefix(ENTRY_PREFIX)
    return re.sub(r"[^\w.+-]+", "_", key)[-80:]
