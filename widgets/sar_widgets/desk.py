"""A reviewer's place in the queue: what is next, what was decided, what can be taken back."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sar_models.domain.errors import ConflictError, InputError, OptionError
from sar_models.domain.review import Decision, ReviewStatus
from sar_models.stores.reviews import QueueFilter, ToRecord
from sar_widgets.batches import batch_of, marked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sar_models.domain.review import Review
    from sar_models.stores.reviews import Claim, QueueEntry, ReviewLog

UNDO_LEVELS = 20
_STATUS = {
    Decision.ACCEPT: ReviewStatus.ACCEPTED,
    Decision.REJECT: ReviewStatus.REJECTED,
    Decision.NEEDS_FIX: ReviewStatus.NEEDS_FIX,
}


@dataclass(frozen=True)
class Progress:
    """How far one is.

    Parameters
    ----------
    total : int
        Alignments that pass the filter.
    decided : int
        Those on which one's own decision stands.
    session : int
        Decisions since the desk was opened, undone ones not counted.
    """

    total: int
    decided: int
    session: int


class ReviewDesk:
    """The queue of one reviewer on one review log. Threads may share it.

    A decision is on the disk when :meth:`decide` returns; only then does the desk go on. Where a
    reviewer was is not stored anywhere: it is the first alignment, by falling risk, on which no
    decision of their own stands and that nobody else looks at.

    Parameters
    ----------
    log : ReviewLog
    wanted : QueueFilter, optional
        What to show. With ``blind`` nobody else's decisions are told.
    """

    def __init__(self, log: ReviewLog, wanted: QueueFilter | None = None) -> None:
        self.log = log
        self.wanted = wanted or QueueFilter()
        self._lock = threading.RLock()
        self._entries: list[QueueEntry] = []
        self._mine: dict[str, Decision] = {}
        self._at: int | None = None
        self._claim: Claim | None = None
        self._done: list[ToRecord] = []
        self._undone: list[ToRecord] = []
        self._listeners: list[Callable[[], None]] = []

    def open(self) -> QueueEntry | None:
        """Read the queue and go to the first that is left to do.

        Raises
        ------
        InputError
            If there is no such folder.
        StoreError
            If nobody can say who reviews.
        """
        with self._lock:
            self._read()
            return self._go(self._next_open(0))

    def refresh(self) -> None:
        """Read again what others did; one's place stays, where it still passes the filter."""
        with self._lock:
            here = self.current
            self._read()
            content = here.alignment.content_sha256 if here is not None else ""
            index = self._index_of(content)
            self._go(self._next_open(0) if index is None else index)

    def show(self, wanted: QueueFilter) -> QueueEntry | None:
        """Go on with another filter."""
        with self._lock:
            self.wanted = wanted
            return self.open()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have a function called after every change of place or decision."""
        self._listeners.append(listener)

    @property
    def entries(self) -> Sequence[QueueEntry]:
        """What passes the filter: unreadable ones first, then by falling risk."""
        return self._entries

    @property
    def current(self) -> QueueEntry | None:
        """What is looked at; nothing when all is done."""
        with self._lock:
            return None if self._at is None else self._entries[self._at]

    @property
    def position(self) -> int | None:
        """Index of the current one among the entries."""
        return self._at

    @property
    def progress(self) -> Progress:
        """How far one is."""
        with self._lock:
            decided = sum(e.alignment.content_sha256 in self._mine for e in self._entries)
            return Progress(len(self._entries), decided, len(self._done))

    def own_decision(self, content_sha256: str) -> Decision | None:
        """Return one's own standing decision on a whole alignment."""
        return self._mine.get(content_sha256)

    def upcoming(self, count: int = 3) -> list[QueueEntry]:
        """Return what comes next, to be rendered ahead."""
        with self._lock:
            found: list[QueueEntry] = []
            start = 0 if self._at is None else self._at + 1
            for index in self._open_from(start):
                if index != self._at:
                    found.append(self._entries[index])
                if len(found) >= count:
                    break
            return found

    def decide(
        self,
        decision: Decision,
        *,
        reason: str = "",
        comment: str = "",
        fragment: str | None = None,
        seen: str | None = None,
    ) -> Review:
        """Record a decision on the current alignment and go on.

        Parameters
        ----------
        decision : Decision
        reason : str
            Required for ``REJECT``.
        comment : str
        fragment : str or None
            Id of the fragment that is meant; then one stays with the alignment.
        seen : str or None
            Content that the reviewer saw; refused if it is not the current one.

        Returns
        -------
        Review
            On the disk.

        Raises
        ------
        OptionError
            If there is nothing to decide on, or something else was seen.
        RecordError
            If a rejection has no reason.
        StoreError
            If it cannot be written; then nothing changes.
        """
        with self._lock:
            content = self._content()
            if seen is not None and seen != content:
                raise OptionError(
                    "The queue went on meanwhile, and nothing was recorded",
                    remedy="Look at what is shown now, then decide.",
                )
            wanted = ToRecord(content, Decision(decision), fragment, reason, comment)
            review = self._record(wanted)
            self._undone.clear()
            if fragment is None:
                self._go(self._next_open((self._at or 0) + 1))
            self._tell()
            return review

    def undo(self) -> Review:
        """Take back one's last decision, by a new event, and go back to it.

        After a restart the last decisions are taken from the log.

        Raises
        ------
        OptionError
            If there is none.
        """
        with self._lock:
            if not self._done:
                self._done = self._remembered()
            if not self._done:
                raise OptionError("There is no decision of yours to take back")
            last = self._done[-1]
            review = self.log.undo(last.content_sha256, fragment=last.fragment)
            self._done.pop()
            self._undone.append(last)
            self._learn(last.content_sha256)
            self._go(self._index_of(last.content_sha256, self._at))
            self._tell()
            return review

    def redo(self) -> Review:
        """Record again what was taken back last.

        Raises
        ------
        OptionError
            If nothing was.
        """
        with self._lock:
            if not self._undone:
                raise OptionError("There is nothing that was taken back")
            review = self._record(self._undone[-1])
            self._undone.pop()
            self._go(self._next_open(self._at or 0))
            self._tell()
            return review

    def skip(self, step: int = 1) -> QueueEntry | None:
        """Go on, or back, without deciding; decided ones are shown as well."""
        with self._lock:
            if not self._entries:
                return None
            start = (-1 if step > 0 else 0) if self._at is None else self._at
            self._go((start + step) % len(self._entries), step=1 if step > 0 else -1)
            self._tell()
            return self.current

    def go_to(self, content_sha256: str) -> QueueEntry:
        """Show one of the entries.

        Raises
        ------
        OptionError
            If it is not among them.
        ConflictError
            If somebody else looks at it.
        """
        with self._lock:
            index = self._index_of(content_sha256)
            if index is None:
                raise OptionError(f"The queue has no alignment {content_sha256[:16]!r}")
            self._take(index)
            self._tell()
            return self._entries[index]

    def accept_batch(self, comment: str, contents: Sequence[str]) -> list[Review]:
        """Accept several at once, all or none; see :mod:`sar_widgets.batches`."""
        with self._lock:
            decisions = [ToRecord(c, Decision.ACCEPT, comment=comment) for c in contents]
            reviews = self.log.record_all(decisions)
            for content in contents:
                self._learn(content, Decision.ACCEPT)
            self._go(self._next_open(0))
            self._tell()
            return reviews

    def keep_claim(self) -> None:
        """Renew the claim on the current alignment; one that was lost is let go."""
        with self._lock:
            if self._claim is None:
                return
            try:
                self.log.claims.renew(self._claim)
            except ConflictError:
                self._claim = None

    def close(self) -> None:
        """Give the claim back. Nothing else is held: what was decided is on the disk."""
        with self._lock:
            self._release()
            self._listeners.clear()

    def _content(self) -> str:
        entry = self.current
        if entry is None:
            raise OptionError("There is nothing to decide on", remedy="The queue is done.")
        if entry.alignment.problem:
            raise InputError(
                f"The record of {entry.alignment.name!r} cannot be read: {entry.alignment.problem}",
                remedy="Align the pair again.",
            )
        return entry.alignment.content_sha256

    def _record(self, wanted: ToRecord) -> Review:
        if wanted.decision is Decision.REJECT:
            self._revoke_batch(wanted.content_sha256)
        review = self.log.record_all([wanted])[0]
        self._done = [*self._done, wanted][-UNDO_LEVELS:]
        if wanted.fragment is None:
            self._learn(wanted.content_sha256, wanted.decision)
        return review

    def _revoke_batch(self, content: str) -> None:
        """Take back a batch whose sample turns out wrong: its acceptances rested on it."""
        if content not in self._mine:
            return  # the usual case must not wait for all events to be merged
        own = self.log.state().standing
        me = str(self.log.identity)
        standing = {
            item: review
            for item, reviews in own.items()
            for review in reviews
            if review.reviewer == me and item[1] is None
        }
        said = standing.get((content, None))
        batch = None if said is None else batch_of(said.comment)
        if batch is None:
            return
        rest = [c for (c, _), r in standing.items() if c != content and marked(r.comment, batch)]
        why = f"a sample of {batch} was rejected"
        self.log.record_all([ToRecord(c, Decision.UNDO, comment=why) for c in rest])
        for other in rest:
            self._learn(other)

    def _learn(self, content: str, decision: Decision | None = None) -> None:
        """Take note of one's own decision; without one, ask the log what stands."""
        if decision is None:
            me = str(self.log.identity)
            mine = [r for r in self.log.state().reviews(content) if r.reviewer == me]
            decision = mine[-1].decision if mine else None
        if decision is None:
            self._mine.pop(content, None)
        else:
            self._mine[content] = decision
        index = self._index_of(content)
        if index is None:
            return
        entry = self._entries[index]
        if not self.wanted.blind and not entry.reviews:
            status = ReviewStatus.UNREVIEWED if decision is None else _STATUS[decision]
            self._entries[index] = replace(entry, status=status)

    def _remembered(self) -> list[ToRecord]:
        """Return one's own last decisions that stand, oldest first."""
        stack: dict[tuple[str, str | None], list[Review]] = {}
        order: list[Review] = []
        for event in self.log.of(str(self.log.identity)):
            own = stack.setdefault(event.item, [])
            if event.decision is not Decision.UNDO:
                own.append(event)
                order.append(event)
            elif own:
                order.remove(own.pop())
        known = {entry.alignment.content_sha256 for entry in self._entries}
        return [
            ToRecord(e.content_sha256, e.decision, e.fragment, e.reason, e.comment)
            for e in order[-UNDO_LEVELS:]
            if e.content_sha256 in known
        ]

    def _read(self) -> None:
        me = str(self.log.identity)
        self._entries = self.log.queue(self.wanted)
        standing = self.log.state().standing
        self._mine = {
            content: review.decision
            for (content, fragment), reviews in standing.items()
            for review in reviews
            if fragment is None and review.reviewer == me
        }
        self._at = None

    def _open_from(self, start: int) -> list[int]:
        """Return the places that are left to do, from ``start`` on and round."""
        count = len(self._entries)
        order = [*range(min(start, count), count), *range(min(start, count))]
        return [i for i in order if self._is_open(self._entries[i])]

    def _is_open(self, entry: QueueEntry) -> bool:
        summary = entry.alignment
        return not summary.problem and summary.content_sha256 not in self._mine

    def _next_open(self, start: int) -> int | None:
        return next(iter(self._open_from(start)), None)

    def _index_of(self, content: str, default: int | None = None) -> int | None:
        found = (i for i, e in enumerate(self._entries) if e.alignment.content_sha256 == content)
        return next(found, default)

    def _go(self, index: int | None, step: int = 1) -> QueueEntry | None:
        """Claim a place, or the next one that nobody else looks at."""
        if index is None:
            self._release()
            self._at = None
            return None
        decided = not self._is_open(self._entries[index])
        for offset in range(len(self._entries)):
            candidate = (index + step * offset) % len(self._entries)
            if not decided and offset and not self._is_open(self._entries[candidate]):
                continue
            with contextlib.suppress(ConflictError):
                self._take(candidate)
                return self._entries[candidate]
        self._release()
        self._at = None
        return None

    def _take(self, index: int) -> None:
        content = self._entries[index].alignment.content_sha256
        if self._claim is None or self._claim.content_sha256 != content:
            claim = self.log.claim(content) if content else None
            self._release()
            self._claim = claim
        self._at = index

    def _release(self) -> None:
        if self._claim is not None:
            self.log.claims.release(self._claim)
            self._claim = None

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()
