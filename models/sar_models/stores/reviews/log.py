"""The review log of a folder: one file per reviewer, written by that reviewer alone."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sar_models.__about__ import __version__
from sar_models.domain.errors import StoreError
from sar_models.domain.review import GENESIS, Decision, Item, Review, standing_decisions
from sar_models.stores.lock import lock_file
from sar_models.stores.reviews.anchors import pushed_anchors
from sar_models.stores.reviews.claims import LEASE_S, Claim, Claims
from sar_models.stores.reviews.event_file import EventFile
from sar_models.stores.reviews.identity import Identity, current_identity
from sar_models.stores.reviews.index import list_alignments
from sar_models.stores.reviews.merging import file_stem, merged, reviews_of
from sar_models.stores.reviews.queue import QueueEntry, QueueFilter, build_queue
from sar_models.stores.reviews.stacks import Stacks
from sar_models.stores.reviews.state import ReviewState
from sar_models.stores.reviews.verify import Finding, verify_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sar_models.stores.reviews.anchors import Anchor

REVIEWS = "reviews"
"""Sub-folder of a folder of alignment folders that holds its review log."""

_WAIT_S = 30.0
_STALE_AFTER_S = 60.0
"""Age at which another machine's lock is taken over: one event is written in milliseconds."""


@dataclass(frozen=True)
class ToRecord:
    """A decision that is to be recorded; see :class:`~sar_models.domain.review.Review`."""

    content_sha256: str
    decision: Decision
    fragment: str | None = None
    reason: str = ""
    comment: str = ""

    @property
    def item(self) -> Item:
        """What it is about."""
        return self.content_sha256, self.fragment


class ReviewLog:
    """Decisions on the alignments of a folder, kept in its sub-folder ``reviews``.

    One append-only file per reviewer, synced to disk before a call returns: a killed process or a
    power cut loses nothing that was told to be recorded. Files of several reviewers are merged
    when they are read, so nothing but plain files is needed, on shared folders too. Making a log
    reads and writes nothing.

    Parameters
    ----------
    folder : Path
        Folder of alignment folders.
    identity : Identity or None
        Who records. ``None``: asked of JupyterHub or the operating system when it is needed. A
        connector hands in whom its server knows; it must not come from a text field.

    Examples
    --------
    >>> log = ReviewLog(Path("aligned"))  # doctest: +SKIP
    >>> log.record(alignment.content_sha256, Decision.REJECT, reason="Mirrored.")  # doctest: +SKIP
    >>> log.state().status(alignment.content_sha256)  # doctest: +SKIP
    <ReviewStatus.REJECTED: 'rejected'>
    """

    def __init__(self, folder: Path, identity: Identity | None = None) -> None:
        self.folder = folder
        self.path = folder / REVIEWS
        self._identity = identity
        self._files: dict[str, EventFile] = {}
        self.claims = Claims(self.path / "claims")

    @property
    def identity(self) -> Identity:
        """Who records.

        Raises
        ------
        StoreError
            If nobody can say it.
        """
        if self._identity is None:
            self._identity = current_identity()
        return self._identity

    def record(
        self,
        content_sha256: str,
        decision: Decision,
        *,
        fragment: str | None = None,
        reason: str = "",
        comment: str = "",
    ) -> Review:
        """Record a decision; it is on the disk when this returns.

        The decision that stands already, with the same words, is not recorded again: a repeated
        click or command does no harm.

        Parameters
        ----------
        content_sha256 : str
            Content of the alignment that was looked at.
        decision : Decision
            ``UNDO`` takes back the reviewer's own last decision on the item.
        fragment : str or None
            Id of the fragment that is meant, ``None`` for the whole pair.
        reason : str
            Required for ``REJECT``.
        comment : str

        Raises
        ------
        RecordError
            If it is incomplete.
        OptionError
            If there is nothing to undo.
        StoreError
            If it cannot be written; then it is not recorded.
        """
        return self.record_all([ToRecord(content_sha256, decision, fragment, reason, comment)])[0]

    def record_all(self, decisions: Iterable[ToRecord]) -> list[Review]:
        """Record several decisions at once, all or none; see :meth:`record`."""
        reviewer = str(self.identity)
        with self.locked(reviewer):
            main = self.main_file(reviewer)
            main.close_torn_line()
            stacks = Stacks(self.of(reviewer))
            previous, new, answers = main.tip or GENESIS, list[Review](), list[Review]()
            for wanted in decisions:
                review = Review(
                    reviewer=reviewer,
                    created=datetime.now(UTC).isoformat(timespec="milliseconds"),
                    content_sha256=wanted.content_sha256,
                    decision=wanted.decision,
                    fragment=wanted.fragment,
                    reason=wanted.reason.strip(),
                    comment=wanted.comment.strip(),
                    software=f"sar-align {__version__}",
                    previous=previous,
                )
                standing = stacks.take(review)
                answers.append(standing)
                if standing is review:
                    new.append(review)
                    previous = review.sha256
            if new:
                main.append(new)
        return answers

    def undo(
        self, content_sha256: str, *, fragment: str | None = None, comment: str = ""
    ) -> Review:
        """Take back the reviewer's own last decision on an item, by a new event."""
        return self.record(content_sha256, Decision.UNDO, fragment=fragment, comment=comment)

    def events(self) -> list[Review]:
        """Return the events of all reviewers by time; each reviewer's in the order of the log."""
        self.refresh()
        by_reviewer: dict[str, list[EventFile]] = {}
        for file in self._files.values():
            if file.lines:
                by_reviewer.setdefault(file.lines[0].review.reviewer, []).append(file)
        return list(merged(reviews_of(files) for files in by_reviewer.values()))

    def of(self, reviewer: str) -> list[Review]:
        """Return the events of one reviewer in their order."""
        return list(reviews_of(self.files_of(reviewer)))

    def state(self) -> ReviewState:
        """Return what all reviewers stand for now."""
        return ReviewState(standing_decisions(self.events()))

    def queue(self, wanted: QueueFilter | None = None) -> list[QueueEntry]:
        """Return the alignments of the folder with what was said of them, riskiest first.

        Reads the head of every record once; later calls look only at what changed.

        Raises
        ------
        InputError
            If there is no such folder.
        """
        alignments = list_alignments(self.folder, self.path)
        return build_queue(
            alignments, self.state(), self.claims.standing(), wanted or QueueFilter()
        )

    def claim(self, content_sha256: str, lease_s: float = LEASE_S) -> Claim:
        """Tell others that one looks at an alignment; see :class:`Claims` for the rest.

        Raises
        ------
        ConflictError
            If somebody else does.
        """
        return self.claims.take(content_sha256, str(self.identity), lease_s)

    def heads(self) -> dict[str, tuple[str, ...]]:
        """Return the last event of each file by reviewer: kept elsewhere, it shows a cut log."""
        self.refresh()
        heads: dict[str, list[str]] = {}
        for file in self._files.values():
            if file.tip is not None:
                heads.setdefault(file.lines[0].review.reviewer, []).append(file.tip)
        return {reviewer: tuple(sorted(tips)) for reviewer, tips in sorted(heads.items())}

    def verify(self, anchors: Iterable[Anchor] = ()) -> list[Finding]:
        """Return what is wrong with the log; nothing for one that is as it was written.

        Parameters
        ----------
        anchors : iterable of Anchor
            What exports and pushes saw of it; those that pushes left in the folder count anyway.
        """
        fresh = ReviewLog(self.folder, self._identity)
        return verify_files(fresh.files(), [*anchors, *pushed_anchors(self.folder)])

    def files(self) -> list[EventFile]:
        """Return all files of the log, read up to now."""
        self.refresh()
        return list(self._files.values())

    def files_of(self, reviewer: str) -> list[EventFile]:
        """Return the files of one reviewer: the one that is written to, and imported branches."""
        self.refresh()
        stem = file_stem(reviewer)
        return [f for name, f in self._files.items() if name.startswith(f"{stem}.")]

    def main_file(self, reviewer: str) -> EventFile:
        """Return the file that a reviewer's next event goes to, read up to now."""
        name = f"{file_stem(reviewer)}.jsonl"
        file = self._files.get(name) or EventFile(self.path / name)
        self._files[name] = file
        file.refresh()
        return file

    @contextlib.contextmanager
    def locked(self, reviewer: str) -> Iterator[None]:
        """Keep other processes from writing to a reviewer's files; makes the folder if needed.

        Raises
        ------
        ConflictError
            If another process of the same person does not let go of them.
        StoreError
            If the folder cannot be written.
        """
        try:
            self.path.mkdir(exist_ok=True)
        except OSError as exc:
            raise StoreError(
                f"Cannot write {str(self.path)!r}: {exc.strerror or exc}",
                remedy="Check that the folder exists, is writable and has space.",
            ) from exc
        lock, whose = self.path / f"{file_stem(reviewer)}.lock", f"the reviews of {reviewer!r}"
        with lock_file(lock, whose, wait_s=_WAIT_S, stale_after_s=_STALE_AFTER_S):
            yield

    def refresh(self) -> None:
        """Read what was appended since."""
        try:
            names = sorted(entry.name for entry in self.path.glob("*.jsonl"))
        except OSError as exc:
            raise StoreError(f"Cannot read {str(self.path)!r}: {exc.strerror or exc}") from exc
        self._files = {name: self._files.get(name) or EventFile(self.path / name) for name in names}
        for file in self._files.values():
            file.refresh()
