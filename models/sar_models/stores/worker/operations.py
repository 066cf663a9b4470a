"""What a connector's process can be asked for: the store protocols, by name."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import StoreError, WorkerError
from sar_models.domain.geometry import Region
from sar_models.stores.changes import PushPolicy
from sar_models.stores.registry import StoreEntry, load_opener
from sar_models.stores.worker.changes import (
    annotations_to_json,
    change_from_json,
    items_to_json,
    plan_from_json,
    plan_to_json,
)
from sar_models.stores.worker.shared_buffer import SharedBuffer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sar_models.domain.slides import Slide
    from sar_models.stores.protocols import Store


class Operations:
    """One store, its open slides, and the requests about them."""

    def __init__(self) -> None:
        self._store: Store | None = None
        self._slides: dict[int, Slide] = {}
        self._opened = 0
        self._buffer: SharedBuffer | None = None
        self._known: Mapping[str, Callable[..., Any]] = {
            "start": self.start,
            "slides": self.slides,
            "open": self.open,
            "read": self.read,
            "close": self.close_slide,
            "annotations": self.annotations,
            "plan": self.plan,
            "apply": self.apply,
            "answer": self.answer,
        }

    @property
    def store(self) -> Store:
        """The store, once it was opened."""
        if self._store is None:
            raise StoreError("No store was opened")
        return self._store

    def run(self, operation: str, arguments: Mapping[str, Any]) -> Any:
        """Do what is asked; return JSON values."""
        return self._known[operation](**arguments)

    def start(
        self, scheme: str, opener: str, extra: str | None, uri: str, buffer: dict[str, Any]
    ) -> None:
        """Open the store that ``uri`` names."""
        self._buffer = SharedBuffer.attach(buffer)
        self._store = load_opener(scheme, StoreEntry(opener, extra))(uri)

    def slides(self) -> list[dict[str, Any]]:
        """Return what is known of all slides."""
        return [asdict(info) for info in self.store.slides()]

    def open(self, slide: str) -> dict[str, Any]:
        """Open a slide; return the number that stands for it."""
        opened = self.store.open(slide)
        self._opened += 1
        self._slides[self._opened] = opened
        return {"number": self._opened, "info": asdict(opened.info)}

    def read(self, number: int, level: int, region: tuple[int, int, int, int]) -> list[int]:
        """Put the pixels of a region into the shared buffer; return their shape."""
        pixels = self._slides[number].read(level, Region(*region))
        if self._buffer is None or pixels.nbytes > self._buffer.size:
            raise WorkerError(f"{pixels.nbytes} bytes of pixels do not fit the shared buffer")
        self._buffer.put(pixels)
        return list(pixels.shape)

    def close_slide(self, number: int) -> None:
        """Close a slide; one that is closed already stays so."""
        slide = self._slides.pop(number, None)
        if slide is not None:
            slide.close()

    def annotations(self, slide: str) -> list[dict[str, Any]]:
        """Return the annotations of a slide."""
        return annotations_to_json(self.store.annotations(slide))

    def plan(self, change: dict[str, Any], policy: dict[str, Any]) -> dict[str, Any]:
        """Return what a change means."""
        return plan_to_json(self.store.plan(change_from_json(change), PushPolicy(**policy)))

    def apply(
        self, plan: dict[str, Any], change: dict[str, Any], policy: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Do what a plan says."""
        whole = plan_from_json(plan, change_from_json(change), PushPolicy(**policy))
        return items_to_json(self.store.apply(whole).items)

    def answer(self, question: str, arguments: dict[str, Any]) -> Any:
        """Return what the store answers to a question of its own kind."""
        answer = getattr(self.store, "answer", None)
        if answer is None:
            raise StoreError(f"This kind of store knows no question {question!r}")
        return answer(question, arguments)

    def close(self) -> None:
        """Close all slides, and the store if it can be closed."""
        for number in list(self._slides):
            self.close_slide(number)
        close = getattr(self._store, "close", None)
        if callable(close):
            close()
