"""Tiles on their way to the page: many in one message, few messages, none into the void."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from sar_widgets.options import ViewerOptions

Send: TypeAlias = Callable[[dict[str, Any], Sequence[bytes]], None]
"""Takes a message of JSON values and its buffers."""


class Outbox:
    """Collects tiles and sends them from a thread of its own, which starts with the first tile.

    Parameters
    ----------
    send : callable
        Takes a message of JSON values and its buffers.
    options : ViewerOptions
    """

    def __init__(self, send: Send, options: ViewerOptions) -> None:
        self._send, self._options = send, options
        self._changed = threading.Condition()
        self._waiting: list[tuple[dict[str, Any], bytes]] = []
        self._unacknowledged: dict[int, float] = {}
        self._batch = 0
        self._closed = False
        self._thread: threading.Thread | None = None

    def put(self, about: dict[str, Any], data: bytes) -> None:
        """Send a tile soon.

        Parameters
        ----------
        about : dict
            JSON values that tell which tile it is.
        data : bytes
            May be empty.
        """
        with self._changed:
            if self._closed:
                return
            self._waiting.append((about, data))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="sar-outbox", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def acknowledge(self, batch: int) -> None:
        """Take note that the page got a message."""
        with self._changed:
            self._unacknowledged.pop(batch, None)
            self._changed.notify_all()

    def drop(self, unwanted: Callable[[dict[str, Any]], bool]) -> None:
        """Forget tiles that were not sent yet."""
        with self._changed:
            self._waiting = [one for one in self._waiting if not unwanted(one[0])]

    def close(self) -> None:
        """Send nothing more and end the thread."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
            thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join(self._options.ack_timeout_s)

    def _run(self) -> None:
        sent_at = -self._options.batch_interval_s
        while True:
            with self._changed:
                while not self._closed and not self._may_send():
                    self._changed.wait(self._options.ack_timeout_s if self._waiting else None)
                left_s = sent_at + self._options.batch_interval_s - time.monotonic()
                if left_s > 0 and not self._closed:
                    self._changed.wait(left_s)
                    continue
                if self._closed:
                    return
                message, buffers = self._next()
            sent_at = time.monotonic()
            self._send(message, buffers)

    def _may_send(self) -> bool:
        now = time.monotonic()
        lost = [
            b for b, at in self._unacknowledged.items() if now - at > self._options.ack_timeout_s
        ]
        for batch in lost:
            del self._unacknowledged[batch]
        return bool(self._waiting) and len(self._unacknowledged) < self._options.unacknowledged

    def _next(self) -> tuple[dict[str, Any], list[bytes]]:
        size, count = 0, 0
        for _, data in self._waiting:
            if count and size + len(data) > self._options.batch_bytes:
                break
            size, count = size + len(data), count + 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        self._batch += 1
        self._unacknowledged[self._batch] = time.monotonic()
        buffers: list[bytes] = []
        tiles = []
        for about, data in batch:
            # Some front ends drop empty buffers, and then all after them are taken for others.
            tiles.append(about | {"buffer": len(buffers) if data else None})
            if data:
                buffers.append(data)
        return {"type": "tiles", "batch": self._batch, "tiles": tiles}, buffers
