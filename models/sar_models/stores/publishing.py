"""Which results may spread: the rules that every push obeys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from sar_models.domain.alignment import Outcome
from sar_models.domain.review import Decision
from sar_models.domain.transfer import followed_fragments

if TYPE_CHECKING:
    from sar_models.domain.annotations import Annotation
    from sar_models.stores.changes import Push, PushPolicy

Verdict = Literal["publish", "hold", "withdraw"]


class Judgement(NamedTuple):
    """Whether something may be published, and why."""

    verdict: Verdict
    reason: str


def verdict_on(push: Push, policy: PushPolicy) -> Judgement:
    """Return whether the annotations of a push may be published, as far as the pair decides."""
    alignment = push.alignment
    if push.decision is Decision.REJECT:
        return Judgement("withdraw", "the alignment was rejected")
    if alignment.outcome is Outcome.FAILED:
        return Judgement("hold", "no alignment was found")
    if push.decision is Decision.NEEDS_FIX:
        return Judgement("hold", "a reviewer asked for a fix")
    if push.decision is Decision.ACCEPT:
        return Judgement("publish", "accepted by review")
    if policy.publish == "all":
        return Judgement("publish", "not reviewed; everything is published")
    low = alignment.outcome is Outcome.ALIGNED and alignment.risk.score <= policy.low_risk
    if policy.publish == "low-risk" and low:
        return Judgement("publish", f"not reviewed; low risk ({alignment.risk.score:.2f})")
    return Judgement("hold", f"not reviewed, and only {policy.publish} results are published")


def verdict_on_object(annotation: Annotation, push: Push, whole: Judgement) -> Judgement:
    """Return whether one object may be published: what was said of its fragments counts as well.

    An object that does not tell which fragments it followed may have followed any of them.

    Parameters
    ----------
    annotation : Annotation
        As transferred.
    push : Push
    whole : Judgement
        On the pair; not a withdrawal.
    """
    decided = push.fragment_decisions
    followed = followed_fragments(annotation)
    given = {name: decided[name] for name in followed or decided if name in decided}
    rejected, to_fix = (
        [name for name, own in given.items() if own is decision]
        for decision in (Decision.REJECT, Decision.NEEDS_FIX)
    )
    if rejected:
        return Judgement("withdraw", f"the fragment {rejected[0]!r} was rejected")
    if to_fix:
        return Judgement("hold", f"the fragment {to_fix[0]!r} needs a fix")
    accepted = bool(followed) and followed <= given.keys()
    if accepted and push.decision is None and whole.verdict == "hold":
        return Judgement("publish", "its fragment was accepted by review")
    return whole
