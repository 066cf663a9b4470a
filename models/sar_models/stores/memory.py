"""Slides and a store in memory: for tests, notebooks, and arrays that are no files."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sar_models.domain.errors import ConflictError, SlideError, StoreError
from sar_models.domain.geometry import Mpp, Region, Size
from sar_models.domain.provenance import sha256_of
from sar_models.domain.slides import SlideInfo
from sar_models.stores.readers.base import check_region
from sar_models.stores.readers.pixels import Colour, to_rgb8
from sar_models.stores.sink import apply_plan, plan_change
from sar_models.stores.target import Journal, RecordVersion, TargetState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.annotations import Annotation
    from sar_models.domain.slides import Slide
    from sar_models.stores.changes import Push, PushPlan, PushPolicy, PushReport, Withdraw
    from sar_models.stores.protocols import SlideId


class ArraySlide:
    """A slide made of arrays. Threads may share it.

    Parameters
    ----------
    name : str
        Also its ``uri``.
    pixels : (H, W), (H, W, 1), (H, W, 3) uint8 array or a sequence of them
        Level 0, or all levels from the largest to the smallest.
    mpp : Mpp or None
        Micrometres per level-0 pixel.
    bounds : Region or None
    """

    def __init__(
        self,
        name: str,
        pixels: NDArray[np.uint8] | Sequence[NDArray[np.uint8]],
        mpp: Mpp | None = None,
        *,
        bounds: Region | None = None,
    ) -> None:
        levels = [pixels] if isinstance(pixels, np.ndarray) else list(pixels)
        self._levels = [_as_level(level, name) for level in levels]
        sizes = tuple(Size(level.shape[1], level.shape[0]) for level in self._levels)
        self._info = SlideInfo(
            uri=name,
            name=name,
            size=sizes[0],
            levels=sizes,
            mpp=mpp,
            bounds=bounds,
            reader="memory",
            checksum=f"sha256:{sha256_of(self._levels[0])}",
        )
        self._closed = False

    @property
    def info(self) -> SlideInfo:
        """What is known without reading pixels."""
        return self._info

    def read(self, level: int, region: Region) -> NDArray[np.uint8]:
        """Return the pixels of ``region`` at ``level``: ``(height, width, 3)`` uint8 RGB.

        Raises
        ------
        SlideError
            If the slide is closed or the region does not lie in the level.
        """
        check_region(self._info, level, region, closed=self._closed)
        rows = slice(region.y, region.y + region.height)
        columns = slice(region.x, region.x + region.width)
        return to_rgb8(self._levels[level][rows, columns], Colour()).copy()

    def close(self) -> None:
        """Refuse reads from now on; the arrays belong to whoever made them."""
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _as_level(pixels: NDArray[Any], name: str) -> NDArray[np.uint8]:
    if pixels.ndim == 2:
        pixels = pixels[..., np.newaxis]
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (1, 3):
        raise SlideError(
            f"Slide {name!r} has an array of shape {pixels.shape!r} and type {pixels.dtype}, "
            "expected (H, W, 3) or (H, W) uint8"
        )
    return pixels


class MemoryStore:
    """A store that lives as long as its process; the same rules as any other.

    Parameters
    ----------
    slides : iterable of ArraySlide
        Known by their names.
    annotations : mapping
        Annotations by slide name.
    """

    def __init__(
        self,
        slides: Iterable[ArraySlide] = (),
        annotations: Mapping[SlideId, Iterable[Annotation]] | None = None,
    ) -> None:
        self.shelf = MemoryShelf()
        for slide in slides:
            self.add(slide)
        for name, objects in (annotations or {}).items():
            self.shelf.save_annotations(self._known(name), tuple(objects))

    def add(self, slide: ArraySlide) -> None:
        """Put a slide into the store.

        Raises
        ------
        StoreError
            If it has one of that name.
        """
        if slide.info.uri in self.shelf.slides:
            raise StoreError(f"There is a slide {slide.info.uri!r} already")
        self.shelf.slides[slide.info.uri] = slide

    def slides(self) -> Iterable[SlideInfo]:
        """Return all slides in the order they came."""
        return [slide.info for slide in self.shelf.slides.values()]

    def open(self, slide: SlideId) -> Slide:
        """Open a slide; closing it leaves the store's own untouched."""
        stored = self.shelf.slides[self._known(slide)]
        return _Opened(stored)

    def annotations(self, slide: SlideId) -> Sequence[Annotation]:
        """Return the annotations of a slide."""
        return self.shelf.load(self._known(slide)).annotations

    def plan(self, change: Push | Withdraw, policy: PushPolicy) -> PushPlan:
        """Return what a change means; reads only."""
        return plan_change(self.shelf, change, policy)

    def apply(self, plan: PushPlan) -> PushReport:
        """Do what a plan says."""
        return apply_plan(self.shelf, plan)

    def _known(self, slide: SlideId) -> SlideId:
        return self.shelf.known(slide)


class _Opened(ArraySlide):
    """A view of a stored slide that can be closed on its own."""

    def __init__(self, slide: ArraySlide) -> None:
        self._levels = slide._levels
        self._info = slide.info
        self._closed = False


class MemoryShelf:
    """What a :class:`MemoryStore` holds, as the :class:`Shelf` that pushes are made of."""

    def __init__(self) -> None:
        self.slides: dict[SlideId, ArraySlide] = {}
        self.alignments: dict[tuple[SlideId, SlideId], Alignment] = {}
        self._annotations: dict[SlideId, tuple[Annotation, ...]] = {}
        self._journals: dict[SlideId, Journal] = {}
        self._revisions: dict[SlideId, int] = {}
        self._lock = threading.Lock()

    def known(self, slide: SlideId) -> SlideId:
        """Return ``slide`` if it is one of ours.

        Raises
        ------
        StoreError
            If it is not.
        """
        if slide not in self.slides:
            raise StoreError(
                f"The store has no slide {slide!r}",
                remedy=f"It has {', '.join(map(repr, self.slides)) or 'none'}.",
            )
        return slide

    def slide_id(self, uri: str) -> SlideId:
        """Return the name of a slide: its uri."""
        return uri

    def load(self, target: SlideId) -> TargetState:
        """Read a target slide."""
        self.known(target)
        return TargetState(
            self._annotations.get(target, ()),
            self._journals.get(target, Journal()),
            str(self._revisions.get(target, 0)),
        )

    def record(self, source: SlideId, target: SlideId) -> RecordVersion | None:
        """Return which alignment of a pair is stored."""
        stored = self.alignments.get((source, target))
        if stored is None:
            return None
        return RecordVersion(stored.request_id, stored.content_sha256)

    def as_stored(self, annotation: Annotation) -> Annotation | None:
        """Return the object itself: memory changes nothing."""
        return annotation

    @contextlib.contextmanager
    def locked(self, target: SlideId) -> Iterator[None]:
        """Keep other threads from writing."""
        if not self._lock.acquire(blocking=False):
            raise ConflictError(
                f"Somebody else is writing to {target!r}", remedy="Try again in a moment."
            )
        try:
            yield
        finally:
            self._lock.release()

    def save_record(
        self, source: SlideId, target: SlideId, alignment: Alignment, files: Mapping[str, bytes]
    ) -> None:
        """Store the alignment of a pair; files (reports, previews) have no place in memory."""
        del files
        self.alignments[source, target] = alignment

    def delete_record(self, source: SlideId, target: SlideId) -> None:
        """Remove the alignment of a pair."""
        self.alignments.pop((source, target), None)

    def save_annotations(self, target: SlideId, annotations: tuple[Annotation, ...]) -> None:
        """Store all objects of a slide."""
        self._annotations[target] = annotations
        self._revisions[target] = self._revisions.get(target, 0) + 1

    def save_journal(self, target: SlideId, journal: Journal) -> None:
        """Store the journal of a slide."""
        self._journals[target] = journal
        self._revisions[target] = self._revisions.get(target, 0) + 1
