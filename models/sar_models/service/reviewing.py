"""Review logs of the folders that alignments lie in."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.domain.errors import ConflictError, InputError
from sar_models.stores.reviews import ReviewLog

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from sar_models.domain.review import Decision, Review, ReviewStatus
    from sar_models.stores.reviews import QueueEntry, QueueFilter

_MOST = 64


@dataclass(frozen=True)
class Standing:
    """What stands about an alignment.

    Parameters
    ----------
    status : ReviewStatus
        Of the whole.
    reviews : list of Review
        Decisions on the whole and on single fragments.
    fragments : mapping
        What all say together of single fragments, by id.
    """

    status: ReviewStatus
    reviews: list[Review]
    fragments: Mapping[str, Decision]


class Reviewing:
    """Review logs by folder; threads take turns.

    Who decides is whom the system knows as the user that this server runs as: its token proves
    that a client is that user's.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._logs: dict[Path, ReviewLog] = {}

    def record(
        self,
        folder: Path,
        told: Mapping[str, Any],
        decision: Decision,
        *,
        fragment: str | None,
        reason: str,
        comment: str,
        seen: str | None,
    ) -> Review:
        """Record a decision on an alignment; it is on the disk when this returns.

        Parameters
        ----------
        folder : Path
            Alignment folder.
        told : mapping
            What it is, by :mod:`sar_models.service.work.describing`.
        decision : Decision
        fragment, reason, comment
            See :class:`ReviewLog`.
        seen : str or None
            Content that the reviewer looked at; ``None`` where the client does not say.

        Raises
        ------
        ConflictError
            If the content is another by now.
        InputError
            If there is no such fragment, or the decision is incomplete.
        StoreError
            If it cannot be written.
        """
        content = told["content_sha256"]
        if seen is not None and seen != content:
            raise ConflictError(
                "The alignment is not the one that was looked at",
                remedy="Look at it again, then decide.",
            )
        known = [one["id"] for one in told["fragments"]]
        if fragment is not None and fragment not in known:
            raise InputError(
                f"There is no fragment {fragment[:80]!r}",
                remedy=f"It has {', '.join(known) or 'none'}.",
            )
        with self._lock:
            return self._log(folder.parent).record(
                content, decision, fragment=fragment, reason=reason, comment=comment
            )

    def standing(self, folder: Path, content: str) -> Standing:
        """Return what stands about an alignment.

        Parameters
        ----------
        folder : Path
            Alignment folder.
        content : str
            Hash of its content.
        """
        with self._lock:
            state = self._log(folder.parent).state()
        standing = [
            review
            for (about, _), reviews in state.standing.items()
            if about == content
            for review in reviews
        ]
        return Standing(state.status(content), standing, dict(state.fragments(content)))

    def queue(self, folder: Path, wanted: QueueFilter) -> list[QueueEntry]:
        """Return the alignments of a folder, riskiest first."""
        with self._lock:
            return self._log(folder).queue(wanted)

    def _log(self, folder: Path) -> ReviewLog:
        if folder not in self._logs and len(self._logs) >= _MOST:
            self._logs.pop(next(iter(self._logs)))
        return self._logs.setdefault(folder, ReviewLog(folder))
