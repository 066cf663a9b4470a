"""A QuPath project as a store of slides, annotations and results."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from sar_models.domain.errors import SarAlignError, SlideError, StoreError
from sar_models.stores.changes import Push
from sar_models.stores.sink import apply_plan, plan_change
from sar_qupath.frames import EntryFrame, frame_of_entry
from sar_qupath.slides import open_entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sar_models.domain.annotations import Annotation
    from sar_models.domain.slides import Slide, SlideInfo
    from sar_models.stores.changes import PushPlan, PushPolicy, PushReport, Withdraw
    from sar_models.stores.protocols import SlideId
    from sar_qupath.project import ProjectDocument
    from sar_qupath.shelf import ProjectShelf


@dataclass(frozen=True)
class ProjectScan:
    """What a project holds.

    Parameters
    ----------
    slides : tuple of SlideInfo
        In the order of the project.
    unreadable : mapping
        Error by slide name of the entries that cannot be opened.
    """

    slides: tuple[SlideInfo, ...]
    unreadable: dict[str, SarAlignError]


class ProjectStore:
    """A project of QuPath 0.4 to 0.7, as a :class:`~sar_models.stores.protocols.Store`.

    Slides are the entries, known by their image names (``name#ID`` where several share one).
    Coordinates are those of the entry's file; objects of turned, cut or mapped entries are carried
    there and back. Neither ``project.qpproj`` nor ``data.qpdata`` is ever written.

    Parameters
    ----------
    shelf : ProjectShelf
    """

    def __init__(self, shelf: ProjectShelf) -> None:
        self.shelf = shelf

    @property
    def document(self) -> ProjectDocument:
        """The project as its file tells it now."""
        return self.shelf.document

    def scan(self) -> ProjectScan:
        """Open every entry for its info; one that cannot be opened does not hide the others."""
        document = self.document
        slides: list[SlideInfo] = []
        unreadable: dict[str, SarAlignError] = {}
        for entry in document.entries:
            try:
                with open_entry(document, entry) as slide:
                    slides.append(slide.info)
            except (SlideError, StoreError) as exc:
                unreadable[entry.slide] = exc
        return ProjectScan(tuple(slides), unreadable)

    def slides(self) -> Iterable[SlideInfo]:
        """Return all entries that can be opened; :meth:`scan` also tells the others."""
        return self.scan().slides

    def open(self, slide: SlideId) -> Slide:
        """Open the image of an entry.

        Raises
        ------
        StoreError
            If the project has no such entry.
        SlideError
            If it cannot be opened.
        """
        return open_entry(self.document, self.shelf.entry_of(slide))

    def annotations(self, slide: SlideId) -> Sequence[Annotation]:
        """Return the objects of an entry in its file's frame, as far as they are known."""
        state = self.shelf.load(slide)
        return self.frame_of(slide).to_file(state.annotations) if state.annotations else ()

    def frame_of(self, slide: SlideId) -> EntryFrame:
        """Return where the pixels of an entry's file lie in it.

        Raises
        ------
        SlideError
            If it cannot be opened, or its file is another one.
        """
        entry = self.shelf.entry_of(slide)
        with open_entry(self.document, entry) as opened:
            return frame_of_entry(entry, opened.info)

    def plan(self, change: Push | Withdraw, policy: PushPolicy) -> PushPlan:
        """Return what a change means for the project; reads only.

        The plan's objects are in the frame of the entry.
        """
        if isinstance(change, Push) and change.annotations:
            target = self.shelf.slide_id(change.alignment.pair.target.uri)
            frame = self.frame_of(target)
            change = replace(change, annotations=frame.from_file(change.annotations))
        return plan_change(self.shelf, change, policy)

    def apply(self, plan: PushPlan) -> PushReport:
        """Do what a plan says, every file whole or not at all."""
        return apply_plan(self.shelf, plan)

    def close(self) -> None:
        """Release what the shelf holds."""
        self.shelf.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
