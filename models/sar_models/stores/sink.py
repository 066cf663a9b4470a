"""Plan and apply over a shelf: the part of pushing that every store shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_models.domain.errors import ConflictError
from sar_models.stores.changes import PlanItem, Push, PushPlan, PushReport, StableKey, Withdraw
from sar_models.stores.planning import ObjectPlan, plan_record
from sar_models.stores.publishing import verdict_on, verdict_on_object
from sar_models.stores.target import RecordVersion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sar_models.stores.changes import PushPolicy
    from sar_models.stores.protocols import SlideId
    from sar_models.stores.target import Journal, Shelf, TargetState


def plan_change(shelf: Shelf, change: Push | Withdraw, policy: PushPolicy) -> PushPlan:
    """Return what a change means for what the shelf holds now; see :class:`AlignmentSink`."""
    source, target = _pair(shelf, change)
    state = shelf.load(target)
    stored = shelf.record(source, target)
    objects = ObjectPlan(state, source, target, policy)
    key = StableKey(source, target)
    if isinstance(change, Push):
        new = RecordVersion(change.alignment.request_id, change.alignment.content_sha256)
        records = [plan_record(key, stored, new, state.fixed.get((source, ""), ""))]
        _plan_objects(shelf, change, policy, objects)
    else:
        records = _withdrawn(key, state.fixed.get((source, ""), "")) if stored else []
        records = records if change.records else []
        objects.withdraw("withdrawn")
    items = (*records, *objects.items)
    return PushPlan(
        change=change,
        policy=policy,
        target=target,
        items=items,
        annotations=objects.annotations,
        journal=_anchored(change, items, state.journal, objects.journal),
        version=state.version,
        record=stored,
    )


def apply_plan(shelf: Shelf, plan: PushPlan) -> PushReport:
    """Do what a plan says; see :class:`AlignmentSink`.

    The order makes every crash harmless. An object that the journal lists but the slide lacks
    counts as deleted by a person, so the journal forgets an object before it goes, and learns of
    one after it came; what is on the slide is recognised by its marker either way.
    """
    if not plan.changes_anything:
        _check_unchanged(shelf, plan)
        return PushReport(plan.items)
    with shelf.locked(plan.target):
        state = _check_unchanged(shelf, plan)
        _apply_record(shelf, plan, ("create", "update"))
        forgotten = _forgetting(state.journal, plan)
        if forgotten != state.journal:
            shelf.save_journal(plan.target, forgotten)
        if plan.annotations is not None:
            shelf.save_annotations(plan.target, plan.annotations)
        if plan.journal is not None and plan.journal != forgotten:
            shelf.save_journal(plan.target, plan.journal)
        _apply_record(shelf, plan, ("delete",))
    return PushReport(plan.items)


def _withdrawn(key: StableKey, fixed: str) -> list[PlanItem]:
    if fixed:
        return [PlanItem("keep", key, f"withdrawn, but {fixed}")]
    return [PlanItem("delete", key, "withdrawn")]


def _plan_objects(shelf: Shelf, push: Push, policy: PushPolicy, objects: ObjectPlan) -> None:
    whole = verdict_on(push, policy)
    if whole.verdict == "withdraw":
        objects.withdraw(whole.reason)
        return
    judged = [
        (annotation, verdict_on_object(annotation, push, whole)) for annotation in push.annotations
    ]
    objects.publish(judged, shelf.as_stored, remove_missing=whole.verdict == "publish")


def _anchored(
    change: Push | Withdraw, items: Iterable[PlanItem], before: Journal, after: Journal | None
) -> Journal | None:
    """Return the journal afterwards with the ends of the review log, if anything is written."""
    writes = after is not None or any(item.action != "keep" for item in items)
    if not writes or not isinstance(change, Push) or not change.review_heads:
        return after
    anchored = (after or before).with_heads(change.review_heads)
    return None if anchored == before else anchored


def _pair(shelf: Shelf, change: Push | Withdraw) -> tuple[SlideId, SlideId]:
    if isinstance(change, Push):
        pair = change.alignment.pair
        return shelf.slide_id(pair.source.uri), shelf.slide_id(pair.target.uri)
    return shelf.slide_id(change.source), shelf.slide_id(change.target)


def _check_unchanged(shelf: Shelf, plan: PushPlan) -> TargetState:
    source, _ = _pair(shelf, plan.change)
    state = shelf.load(plan.target)
    if state.version != plan.version or shelf.record(source, plan.target) != plan.record:
        raise ConflictError(
            f"{plan.target!r} has changed since the plan was made",
            remedy="Nothing was written. Plan again and look at the new plan.",
        )
    return state


def _forgetting(journal: Journal, plan: PushPlan) -> Journal:
    """Return the journal without what the plan deletes."""
    deleted = {
        (item.key.source, item.key.object_id)
        for item in plan.items
        if item.action == "delete" and item.key.object_id
    }
    for source in {source for source, _ in deleted}:
        rest = frozenset(name for name in journal.of(source) if (source, name) not in deleted)
        journal = journal.with_ids(source, rest)
    return journal


def _apply_record(shelf: Shelf, plan: PushPlan, actions: tuple[str, ...]) -> None:
    item = plan.record_item
    if item is None or item.action not in actions:
        return
    if isinstance(plan.change, Push):
        alignment, files = plan.change.alignment, plan.change.files
        shelf.save_record(item.key.source, item.key.target, alignment, files)
    else:
        shelf.delete_record(item.key.source, item.key.target)
