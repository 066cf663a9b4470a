"""A review at a page: the desk's items shown one after the other, decisions taken and answered.

The page sends ``hello``, ``painted`` (``item``: both layers of it are on the screen), ``decide``
(``item``, ``decision``, ``reason``, ``comment``, ``fragment``), ``undo``, ``redo`` and ``skip``
(``step``). It gets ``item`` (``scene``, ``state``), ``ahead`` (``items`` to ask tiles for),
``idle`` (``message``), ``problem`` (``item``, ``name``, ``message``) and ``decided`` (``ok``,
``message``, ``state``), the last only when the decision is on the disk, or was refused.
"""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import OptionError, RecordError, SarAlignError
from sar_models.domain.review import Decision
from sar_models.stores.alignment_folder import read_alignment
from sar_widgets.items import Item, open_item

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sar_models.domain.alignment import Alignment
    from sar_models.stores.reviews import QueueEntry
    from sar_widgets.desk import ReviewDesk
    from sar_widgets.items import OpenSlide
    from sar_widgets.outbox import Send
    from sar_widgets.session import TileSession

_RANK_CURRENT, _RANK_AHEAD = -1, 5
_RENEW_S = 60.0
_SAVED = {
    Decision.ACCEPT: "Saved: accepted.",
    Decision.REJECT: "Saved: rejected.",
    Decision.NEEDS_FIX: "Saved: needs a fix.",
}


class PageReview:
    """Connects a desk with a page.

    Parameters
    ----------
    desk : ReviewDesk
        Open.
    session : TileSession
        Gets the items.
    send : callable
    opener : callable
        Opens the slide of a record.
    """

    def __init__(
        self, desk: ReviewDesk, session: TileSession, send: Send, opener: OpenSlide
    ) -> None:
        self.desk = desk
        self._session, self._send, self._opener = session, send, opener
        self._lock = threading.RLock()
        self._loading: dict[str, threading.Lock] = {}
        self._painted: str | None = None
        self._renewed_at = time.monotonic()

    def handle(self, message: Mapping[str, Any]) -> None:
        """Answer a message of the page; what cannot be done is told to it."""
        handlers: dict[object, Callable[[Mapping[str, Any]], None]] = {
            "hello": lambda _: self.show(),
            "painted": self._note_painted,
            "decide": self._decide,
            "undo": lambda _: self._take_back(self.desk.undo, "Taken back."),
            "redo": lambda _: self._take_back(self.desk.redo, "Recorded again."),
            "skip": self._skip,
        }
        handler = handlers.get(message.get("type"))
        if handler is None:
            raise OptionError(f"A message of type {str(message.get('type'))[:40]!r} is not known")
        self._renew()
        try:
            with self._lock:
                handler(message)
        except SarAlignError as exc:
            self._send({"type": "decided", "ok": False, "message": str(exc)}, [])

    def show(self) -> None:
        """Show what is current, and get ready what comes next."""
        entry = self.desk.current
        if entry is None:
            progress = self.desk.progress
            text = f"Nothing is left to do: {progress.decided} of {progress.total} are decided."
            self._send({"type": "idle", "message": text}, [])
            return
        item = self._session.item(entry.alignment.content_sha256)
        if item is not None:
            self._send_item(item, entry)
        else:
            self._session.pool.submit(partial(self._load_and_show, entry), rank=_RANK_CURRENT)
        for later in self.desk.upcoming():
            self._session.pool.submit(partial(self._load_ahead, later), rank=_RANK_AHEAD)

    def state(self) -> dict[str, Any]:
        """Return how far the review is, as JSON values."""
        entry, progress = self.desk.current, self.desk.progress
        return {
            "position": self.desk.position,
            "total": progress.total,
            "decided": progress.decided,
            "session": progress.session,
            "status": "" if entry is None or self.desk.wanted.blind else entry.status.value,
        }

    def _note_painted(self, message: Mapping[str, Any]) -> None:
        self._painted = str(message.get("item"))

    def _decide(self, message: Mapping[str, Any]) -> None:
        seen = str(message.get("item"))
        if seen != self._painted:
            raise OptionError("It was not shown yet, and nothing was recorded")
        decision = _decision(message.get("decision"))
        fragment = message.get("fragment")
        self._check_fragment(seen, fragment)
        self.desk.decide(
            decision,
            reason=str(message.get("reason") or ""),
            comment=str(message.get("comment") or ""),
            fragment=fragment,
            seen=seen,
        )
        self._answer(_SAVED[decision])
        if fragment is None:
            self.show()

    def _check_fragment(self, content: str, fragment: object) -> None:
        item = self._session.item(content)
        known = [] if item is None else [one.id for one in item.alignment.fragments]
        if fragment is not None and fragment not in known:
            raise OptionError(f"There is no fragment {str(fragment)[:80]!r} among {known!r}")

    def _take_back(self, act: Callable[[], object], text: str) -> None:
        act()
        self._answer(text)
        self.show()

    def _skip(self, message: Mapping[str, Any]) -> None:
        self.desk.skip(-1 if message.get("step") == -1 else 1)
        self.show()

    def _answer(self, text: str) -> None:
        self._send({"type": "decided", "ok": True, "message": text, "state": self.state()}, [])

    def _renew(self) -> None:
        if time.monotonic() - self._renewed_at > _RENEW_S:
            self._renewed_at = time.monotonic()
            self._session.pool.submit(self.desk.keep_claim, rank=_RANK_AHEAD)

    def _load_and_show(self, entry: QueueEntry) -> None:
        try:
            item = self._load(entry)
        except SarAlignError as exc:
            if self._is_current(entry):
                summary = entry.alignment
                self._send(
                    {
                        "type": "problem",
                        "item": summary.content_sha256,
                        "name": f"{summary.source} → {summary.target}",
                        "message": str(exc),
                        "state": self.state(),
                    },
                    [],
                )
            return
        if self._is_current(entry):
            self._send_item(item, entry)

    def _load_ahead(self, entry: QueueEntry) -> None:
        if all(entry.alignment is not later.alignment for later in self.desk.upcoming()):
            return
        try:
            item = self._load(entry)
        except SarAlignError:
            return  # told when its turn comes
        scene, _ = item.message()
        wanted = {name: scene[name] for name in ("item", "size", "tile_px", "max_level")}
        self._send({"type": "ahead", "items": [wanted]}, [])

    def _load(self, entry: QueueEntry) -> Item:
        """Return the item of an entry, opened once, however many threads want it."""
        content = entry.alignment.content_sha256
        with self._lock:
            loading = self._loading.setdefault(content, threading.Lock())
        with loading:
            item = self._session.item(content)
            if item is None:
                item = open_item(self._read(entry), self._opener, self._session.options)
                item.message()
                self._session.add(item)
        with self._lock:
            self._loading.pop(content, None)
        return item

    def _read(self, entry: QueueEntry) -> Alignment:
        summary = entry.alignment
        if summary.problem:
            raise RecordError(f"The record of {summary.name!r} cannot be read: {summary.problem}")
        alignment = read_alignment(self.desk.log.folder / summary.name)
        if alignment.content_sha256 != summary.content_sha256:
            raise RecordError(
                f"{summary.name!r} is not the alignment that was listed",
                remedy="Refresh the queue; if it stays so, align the pair again.",
            )
        return alignment

    def _send_item(self, item: Item, entry: QueueEntry) -> None:
        scene, pictures = item.message()
        if self._is_current(entry):
            self._send({"type": "item", "scene": scene, "state": self.state()}, pictures)

    def _is_current(self, entry: QueueEntry) -> bool:
        current = self.desk.current
        return (
            current is not None
            and current.alignment.content_sha256 == entry.alignment.content_sha256
        )


def _decision(value: object) -> Decision:
    allowed = (Decision.ACCEPT, Decision.REJECT, Decision.NEEDS_FIX)
    if value not in allowed:
        raise OptionError(f"{str(value)[:40]!r} is no decision")
    return Decision(str(value))
