"""The vocabulary of pushing: what is to change, under which policy, and what becomes of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from sar_models.domain.errors import OptionError
from sar_models.domain.review import standing_decisions, strictest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.annotations import Annotation
    from sar_models.domain.review import Decision, Review
    from sar_models.stores.target import Journal, RecordVersion

NAMESPACE = "sar-align/1"
"""First part of every stable key; the number is that of the marker's layout."""

Publish = Literal["accepted", "low-risk", "all"]
Action = Literal["create", "update", "keep", "delete"]


@dataclass(frozen=True)
class StableKey:
    """By what a result finds its own earlier object, whatever engine made it.

    Alignment ids and content hashes are values under the key, never part of it.

    Parameters
    ----------
    source, target : str
        Slides, as the store names them.
    object_id : str
        Id of the object on the target, which follows from the source object's; empty for the
        alignment record of the pair.
    """

    source: str
    target: str
    object_id: str = ""

    def __str__(self) -> str:
        return " | ".join((NAMESPACE, self.source, self.target, self.object_id or "alignment"))


@dataclass(frozen=True, eq=False)
class Push:
    """Bring the result of one pair to the store.

    Parameters
    ----------
    alignment : Alignment
        The record is always pushed, also that of a failure.
    annotations : tuple of Annotation
        What was transferred to the target slide, in its file frame.
    decision : Decision or None
        What reviewers said of exactly this content; see :func:`joint_decision`.
    files : mapping of str to bytes
        Further files of the alignment folder (report, previews) by relative path.
    fragment_decisions : mapping of str to Decision
        What reviewers said of single fragments of this content, by their id.
    review_heads : mapping of str to tuple of str
        The ends of the review log by reviewer. The store keeps them: a log that was cut since
        lacks them. :func:`~sar_models.stores.reviews.reviewed_push` fills in all three.
    """

    alignment: Alignment
    annotations: tuple[Annotation, ...] = ()
    decision: Decision | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    fragment_decisions: Mapping[str, Decision] = field(default_factory=dict)
    review_heads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Withdraw:
    """Take back what was published of one pair.

    Parameters
    ----------
    source, target : str
        Slides, as the store names them.
    records : bool
        Also remove the alignment record, not only the objects on the target.
    """

    source: str
    target: str
    records: bool = False


@dataclass(frozen=True)
class PushPolicy:
    """What may spread, and whose word counts.

    Parameters
    ----------
    publish : {"accepted", "low-risk", "all"}
        Which annotations are published; records always are. ``accepted``, the default: only what
        a reviewer accepted, because unreviewed results must not spread.
    low_risk : float
        Highest risk in [0, 1] that ``low-risk`` lets through without a review.
    force : bool
        Overwrite what people edited, locked or deleted; never without being asked.
    """

    publish: Publish = "accepted"
    low_risk: float = 0.2
    force: bool = False

    def __post_init__(self) -> None:
        if self.publish not in ("accepted", "low-risk", "all"):
            raise OptionError(
                f"Unknown publishing policy {self.publish!r}",
                remedy="Use accepted, low-risk or all.",
            )
        if not 0.0 <= self.low_risk <= 1.0:
            raise OptionError(f"Risk limit {self.low_risk!r} does not lie in [0, 1]")


@dataclass(frozen=True)
class PlanItem:
    """One thing that a plan does or leaves, and why.

    Parameters
    ----------
    action : {"create", "update", "keep", "delete"}
    key : StableKey
    reason : str
        For people.
    label : str
        Name of the object for people.
    """

    action: Action
    key: StableKey
    reason: str
    label: str = ""


@dataclass(frozen=True, eq=False)
class PushPlan:
    """All that a push or withdrawal will do; made by reading only.

    Parameters
    ----------
    change : Push or Withdraw
    policy : PushPolicy
    target : str
        The slide that is written to.
    items : tuple of PlanItem
    annotations : tuple of Annotation or None
        All objects of the target afterwards, other people's included; ``None``: as they are.
    journal : Journal or None
        The journal afterwards; ``None``: as it is.
    version : str
        What the plan read of the target, to notice changes since.
    record : RecordVersion or None
        The alignment record that the plan saw.
    """

    change: Push | Withdraw
    policy: PushPolicy
    target: str
    items: tuple[PlanItem, ...]
    annotations: tuple[Annotation, ...] | None
    journal: Journal | None
    version: str
    record: RecordVersion | None

    @property
    def changes_anything(self) -> bool:
        """Whether applying the plan writes at all."""
        acts = any(item.action != "keep" for item in self.items)
        return acts or self.annotations is not None or self.journal is not None

    @property
    def record_item(self) -> PlanItem | None:
        """What happens to the alignment record."""
        return next((item for item in self.items if not item.key.object_id), None)


@dataclass(frozen=True)
class PushReport:
    """What a plan came to.

    Parameters
    ----------
    items : tuple of PlanItem
        As planned, now done.
    """

    items: tuple[PlanItem, ...]

    @property
    def counts(self) -> dict[Action, int]:
        """How many items were created, updated, kept and deleted."""
        found = Counter(item.action for item in self.items)
        actions: tuple[Action, ...] = ("create", "update", "keep", "delete")
        return {action: found[action] for action in actions}


def joint_decision(alignment: Alignment, reviews: Iterable[Review]) -> Decision | None:
    """Return what all reviewers together say of a whole alignment; the strictest wins.

    Decisions cite content: those on an earlier result of the pair do not count.
    """
    return strictest(standing_decisions(reviews).get((alignment.content_sha256, None), []))
