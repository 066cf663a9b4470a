"""A folder of slide files as a store: annotations lie beside the slides, results below them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sar_models.domain.errors import InputError, SlideError
from sar_models.stores.folder_shelf import FolderShelf
from sar_models.stores.readers import IMAGE_SUFFIXES, open_slide
from sar_models.stores.sink import apply_plan, plan_change

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from sar_models.domain.annotations import Annotation
    from sar_models.domain.slides import FrameKind, Slide, SlideInfo
    from sar_models.stores.changes import Push, PushPlan, PushPolicy, PushReport, Withdraw
    from sar_models.stores.protocols import SlideId


@dataclass(frozen=True)
class FolderScan:
    """What a folder holds.

    Parameters
    ----------
    slides : tuple of SlideInfo
        By name.
    unreadable : mapping
        Error by name of the files that look like slides and cannot be opened.
    """

    slides: tuple[SlideInfo, ...]
    unreadable: dict[str, SlideError]


class FolderStore:
    """Slides are the image files of a folder, known by their file names.

    ``slide.svs`` has its annotations in ``slide.svs.geojson`` or, as QuPath names its exports, in
    ``slide.geojson``. Pushed annotations are merged into that file of the target; alignments and
    the journal of what we wrote go to the sub-folder ``sar_align``. Sub-folders and hidden files
    are not looked at.

    Parameters
    ----------
    path : path
        An existing folder.
    frame : {"qupath", "file"}
        Frame of the GeoJSON files: QuPath crops a slide to the bounds that its file names.

    Raises
    ------
    InputError
        If it is no folder.
    """

    def __init__(self, path: str | os.PathLike[str], *, frame: FrameKind = "qupath") -> None:
        self.path = Path(path)
        if not self.path.is_dir():
            raise InputError(
                f"{str(self.path)!r} is no folder",
                remedy="Give the folder that holds the slides.",
            )
        self.shelf = FolderShelf(self.path, frame)

    def names(self) -> list[SlideId]:
        """Return the names of all files that look like slides, without opening them."""
        return sorted(
            entry.name
            for entry in self.path.iterdir()
            if entry.suffix.lower() in IMAGE_SUFFIXES
            and not entry.name.startswith(".")
            and entry.is_file()
        )

    def scan(self) -> FolderScan:
        """Open every slide for its info; one broken file does not hide the others."""
        slides: list[SlideInfo] = []
        unreadable: dict[str, SlideError] = {}
        for name in self.names():
            try:
                with self.open(name) as slide:
                    slides.append(slide.info)
            except SlideError as exc:
                unreadable[name] = exc
        return FolderScan(tuple(slides), unreadable)

    def slides(self) -> Iterable[SlideInfo]:
        """Return all slides that can be opened, by name; :meth:`scan` also tells the others."""
        return self.scan().slides

    def open(self, slide: SlideId) -> Slide:
        """Open a slide of the folder; its ``uri`` is its name, so that the folder may move.

        Raises
        ------
        StoreError
            If the folder has no such file.
        SlideError
            If it cannot be opened.
        """
        path = self.shelf.file_of(slide)
        return open_slide(path).renamed(path.name)

    def annotations(self, slide: SlideId) -> Sequence[Annotation]:
        """Return the annotations of a slide, none if it has no GeoJSON beside it."""
        return self.shelf.load(self.shelf.file_of(slide).name).annotations

    def plan(self, change: Push | Withdraw, policy: PushPolicy) -> PushPlan:
        """Return what a change means for the folder; reads only."""
        return plan_change(self.shelf, change, policy)

    def apply(self, plan: PushPlan) -> PushReport:
        """Do what a plan says, every file whole or not at all."""
        return apply_plan(self.shelf, plan)


def open_folder(uri: str) -> FolderStore:
    """Open ``folder:PATH`` or a path; see :mod:`sar_models.stores.registry`."""
    scheme, separator, path = uri.partition(":")
    return FolderStore(path if separator and scheme.lower() == "folder" else uri)
