"""What a place for slides and results has to offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sar_models.domain.annotations import Annotation
    from sar_models.domain.slides import Slide, SlideInfo
    from sar_models.stores.changes import Push, PushPlan, PushPolicy, PushReport, Withdraw

SlideId = str
"""Name of a slide within its store: the ``uri`` of its :class:`SlideInfo`."""


class SlideSource(Protocol):
    """Where slides and their annotations come from. Reading never changes anything."""

    def slides(self) -> Iterable[SlideInfo]:
        """Return all slides that can be opened, in a stable order."""
        ...

    def open(self, slide: SlideId) -> Slide:
        """Open a slide for tile reads.

        Raises
        ------
        StoreError
            If the store has no such slide.
        SlideError
            If it cannot be opened.
        """
        ...

    def annotations(self, slide: SlideId) -> Sequence[Annotation]:
        """Return the annotations of a slide in the file's frame, level-0 pixels.

        Raises
        ------
        StoreError
            If the store has no such slide.
        AnnotationError
            If they cannot be read.
        """
        ...


class AlignmentSink(Protocol):
    """Where results go: first a plan, which only reads, then the change itself."""

    def plan(self, change: Push | Withdraw, policy: PushPolicy) -> PushPlan:
        """Return every create, update, keep and delete that ``change`` means, with its reason.

        Raises
        ------
        StoreError
            If the store does not have the target slide.
        """
        ...

    def apply(self, plan: PushPlan) -> PushReport:
        """Do what the plan says; a plan without changes writes nothing.

        Raises
        ------
        ConflictError
            If what the plan read has changed since, or somebody else is writing.
        """
        ...


class Store(SlideSource, AlignmentSink, Protocol):
    """A source and a sink in one, as folders, servers and projects are."""


class Answering(Protocol):
    """A store that knows more than the protocols above ask of every one."""

    def answer(self, question: str, arguments: Mapping[str, Any]) -> Any:
        """Return JSON values in answer to a question of the store's own kind.

        Raises
        ------
        StoreError
            If the store does not know the question.
        """
        ...
