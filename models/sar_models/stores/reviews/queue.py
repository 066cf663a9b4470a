"""The review queue: alignments, riskiest first, with what was said of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sar_models.domain.errors import OptionError
from sar_models.domain.review import Decision, Review, ReviewStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sar_models.domain.alignment import Outcome
    from sar_models.stores.reviews.claims import Claim
    from sar_models.stores.reviews.state import ReviewState
    from sar_models.stores.reviews.summaries import AlignmentSummary


@dataclass(frozen=True)
class QueueFilter:
    """Which alignments a queue shows; by default all.

    Parameters
    ----------
    statuses : collection of ReviewStatus or None
    outcomes : collection of Outcome or None
    min_risk, max_risk : float
        Bounds in [0, 1], both included.
    unread_by : str or None
        Only alignments on which no decision of this reviewer stands: for a second reading.
    blind : bool
        Do not tell what anybody decided: a second reader must not know the first. Statuses
        cannot be asked for then.
    unclaimed_by_others : str or None
        Leave out what somebody other than this reviewer looks at right now.
    below : str
        Only alignments in this sub-folder, relative to the folder of the log, with ``/``.
    name : str
        Only alignments whose folder or slides have this in their names, in whatever case.
    """

    statuses: frozenset[ReviewStatus] | None = None
    outcomes: frozenset[Outcome] | None = None
    min_risk: float = 0.0
    max_risk: float = 1.0
    unread_by: str | None = None
    blind: bool = False
    unclaimed_by_others: str | None = None
    below: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        for risk in (self.min_risk, self.max_risk):
            if not 0.0 <= risk <= 1.0:
                raise OptionError(f"Risk limit {risk!r} does not lie in [0, 1]")
        if self.blind and self.statuses is not None:
            raise OptionError(
                "A blind list by status would tell what others decided",
                remedy="Leave one of the two out.",
            )


@dataclass(frozen=True)
class QueueEntry:
    """One alignment in the queue.

    Parameters
    ----------
    alignment : AlignmentSummary
    status : ReviewStatus
        Of the whole pair.
    reviews : tuple of Review
        Decisions that stand on the whole pair.
    fragments : mapping
        What was decided together on single fragments, by their id.
    claim : Claim or None
        Who looks at it right now.
    """

    alignment: AlignmentSummary
    status: ReviewStatus
    reviews: tuple[Review, ...] = ()
    fragments: Mapping[str, Decision] = field(default_factory=dict)
    claim: Claim | None = None


def build_queue(
    alignments: Iterable[AlignmentSummary],
    state: ReviewState,
    claims: Mapping[str, Claim],
    wanted: QueueFilter,
) -> list[QueueEntry]:
    """Return the entries that pass the filter; unreadable records first, then by falling risk.

    Ties go by name, so that the order is the same every time.
    """
    entries = (_entry(alignment, state, claims) for alignment in alignments)
    chosen = [entry for entry in entries if _passes(entry, wanted)]
    if wanted.blind:
        chosen = [_blind(entry) for entry in chosen]
    return sorted(
        chosen, key=lambda e: (not e.alignment.problem, -e.alignment.risk, e.alignment.name)
    )


def _entry(
    alignment: AlignmentSummary, state: ReviewState, claims: Mapping[str, Claim]
) -> QueueEntry:
    content = alignment.content_sha256
    return QueueEntry(
        alignment,
        state.status(content),
        tuple(state.reviews(content)),
        state.fragments(content),
        claims.get(content),
    )


def _passes(entry: QueueEntry, wanted: QueueFilter) -> bool:
    alignment, claim = entry.alignment, entry.claim
    names = "\n".join((alignment.name, alignment.source, alignment.target)).casefold()
    inside = not wanted.below or f"{alignment.name}/".startswith(f"{wanted.below}/")
    if not inside or wanted.name.casefold() not in names:
        return False
    if alignment.problem:
        return wanted.statuses is None and wanted.outcomes is None
    readers = {review.reviewer for review in entry.reviews}
    others = wanted.unclaimed_by_others
    return (
        (wanted.statuses is None or entry.status in wanted.statuses)
        and (wanted.outcomes is None or alignment.outcome in wanted.outcomes)
        and wanted.min_risk <= alignment.risk <= wanted.max_risk
        and (wanted.unread_by is None or wanted.unread_by not in readers)
        and (others is None or claim is None or claim.reviewer == others)
    )


def _blind(entry: QueueEntry) -> QueueEntry:
    """Return an entry that does not tell what anybody decided."""
    return QueueEntry(entry.alignment, ReviewStatus.UNREVIEWED, claim=entry.claim)
