"""A page, as the Python side of a widget sees it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Page:
    """What a page would get."""

    def __init__(self) -> None:
        self.messages: list[tuple[dict[str, Any], Sequence[bytes]]] = []
        self._changed = threading.Condition()

    def __call__(self, message: dict[str, Any], buffers: Sequence[bytes]) -> None:
        with self._changed:
            self.messages.append((message, buffers))
            self._changed.notify_all()

    def wait(self, done: Callable[[Page], bool], seconds: float = 60.0) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: done(self), seconds)

    @property
    def tiles(self) -> dict[str, dict[str, Any]]:
        return {t["key"]: t for m, _ in self.messages if m["type"] == "tiles" for t in m["tiles"]}

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [m for m, _ in self.messages if m["type"] == kind]
