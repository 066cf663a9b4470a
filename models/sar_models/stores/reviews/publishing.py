"""What reviewers said, on its way with a push: only what may spread does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_models.domain.errors import RecordError
from sar_models.stores.changes import Push

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.annotations import Annotation
    from sar_models.stores.reviews.log import ReviewLog


def reviewed_push(
    log: ReviewLog,
    alignment: Alignment,
    annotations: Iterable[Annotation] = (),
    files: Mapping[str, bytes] | None = None,
) -> Push:
    """Return a push that carries what the log says of exactly this content, and its anchor.

    Parameters
    ----------
    log : ReviewLog
    alignment : Alignment
    annotations : iterable of Annotation
        As transferred, in the target's file frame.
    files : mapping of str to bytes
        Further files of the alignment folder.

    Raises
    ------
    RecordError
        If the log is not as it was written: a rejection may be missing from it.
    """
    wrong = [finding for finding in log.verify() if not finding.harmless]
    if wrong:
        raise RecordError(
            f"Nothing is published under a review log that was changed: {wrong[0]}",
            remedy="`sar-align review verify` tells all; restore the log from a copy.",
        )
    state = log.state()
    content = alignment.content_sha256
    return Push(
        alignment,
        tuple(annotations),
        decision=state.decision(content),
        files=dict(files or {}),
        fragment_decisions=state.fragments(content),
        review_heads=log.heads(),
    )
