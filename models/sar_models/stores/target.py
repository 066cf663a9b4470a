"""What a store holds of one target slide, and the seam under every sink."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.annotations import Annotation
    from sar_models.stores.protocols import SlideId

_EMPTY: Mapping[str, frozenset[str]] = MappingProxyType({})
_NO_HEADS: Mapping[str, tuple[str, ...]] = MappingProxyType({})


@dataclass(frozen=True)
class Journal:
    """Which objects we published on a slide. One that is listed but gone was deleted by a person.

    Parameters
    ----------
    published : mapping
        Object ids by source slide.
    review_heads : mapping
        The ends of the review log by reviewer, as the last push saw them.
    """

    published: Mapping[SlideId, frozenset[str]] = field(default_factory=lambda: _EMPTY)
    review_heads: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NO_HEADS)

    def of(self, source: SlideId) -> frozenset[str]:
        """Return the ids that came from ``source``."""
        return self.published.get(source, frozenset())

    def with_ids(self, source: SlideId, ids: frozenset[str]) -> Journal:
        """Return a journal in which exactly ``ids`` came from ``source``."""
        others = {name: value for name, value in self.published.items() if name != source}
        return replace(self, published=others | ({source: ids} if ids else {}))

    def with_heads(self, heads: Mapping[str, tuple[str, ...]]) -> Journal:
        """Return a journal that remembers these ends of the review log, others as before."""
        return replace(self, review_heads={**self.review_heads, **heads})


@dataclass(frozen=True)
class RecordVersion:
    """Which alignment of a pair a store holds: what was asked, what was got."""

    request_id: str
    content_sha256: str


@dataclass(frozen=True, eq=False)
class TargetState:
    """What was read of a target slide.

    Parameters
    ----------
    annotations : tuple of Annotation
        All of them, whoever made them.
    journal : Journal
    version : str
        Changes whenever either does.
    fixed : mapping
        Why an object of ours must stay as it is, by source slide and object id (an empty one for
        the alignment record): on a server it may belong to somebody else.
    untidy : bool
        Whether a push that was cut short left something that the next one has to put right.
    """

    annotations: tuple[Annotation, ...]
    journal: Journal
    version: str
    fixed: Mapping[tuple[SlideId, str], str] = field(default_factory=dict)
    untidy: bool = False


class Shelf(Protocol):
    """The few reads and writes that a sink is made of; each write is whole or not at all."""

    def slide_id(self, uri: str) -> SlideId:
        """Return this store's name of a slide, also of one that lives elsewhere."""
        ...

    def load(self, target: SlideId) -> TargetState:
        """Read a target slide.

        Raises
        ------
        StoreError
            If the store has no such slide.
        """
        ...

    def record(self, source: SlideId, target: SlideId) -> RecordVersion | None:
        """Return which alignment of a pair is stored."""
        ...

    def as_stored(self, annotation: Annotation) -> Annotation | None:
        """Return an object as it will come back when read, ``None`` if it cannot be stored."""
        ...

    def locked(self, target: SlideId) -> AbstractContextManager[None]:
        """Keep other writers off a target slide.

        Raises
        ------
        ConflictError
            If somebody else is writing.
        """
        ...

    def save_record(
        self, source: SlideId, target: SlideId, alignment: Alignment, files: Mapping[str, bytes]
    ) -> None:
        """Store the alignment of a pair in place of an earlier one."""
        ...

    def delete_record(self, source: SlideId, target: SlideId) -> None:
        """Remove the alignment of a pair."""
        ...

    def save_annotations(self, target: SlideId, annotations: tuple[Annotation, ...]) -> None:
        """Store all objects of a slide in place of the earlier ones."""
        ...

    def save_journal(self, target: SlideId, journal: Journal) -> None:
        """Store the journal of a slide in place of the earlier one."""
        ...
