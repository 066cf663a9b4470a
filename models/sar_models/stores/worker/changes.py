"""Pushes, plans and reports as JSON values."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import load, save

from sar_models.domain.records import alignment_from_record, alignment_to_record
from sar_models.domain.review import Decision
from sar_models.stores.changes import (
    PlanItem,
    Push,
    PushPlan,
    PushPolicy,
    PushReport,
    StableKey,
    Withdraw,
)
from sar_models.stores.target import Journal, RecordVersion
from sar_models.stores.worker.annotations import annotation_from_json, annotation_to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.annotations import Annotation


def change_to_json(change: Push | Withdraw) -> dict[str, Any]:
    """Return a push or a withdrawal as JSON values."""
    if isinstance(change, Withdraw):
        return {"withdraw": asdict(change)}
    decision = change.decision
    return {
        "push": {
            "alignment": _alignment_to_json(change.alignment),
            "annotations": annotations_to_json(change.annotations),
            "decision": None if decision is None else decision.value,
            "files": {name: _text(data) for name, data in change.files.items()},
            "fragment_decisions": {k: d.value for k, d in change.fragment_decisions.items()},
            "review_heads": {who: list(heads) for who, heads in change.review_heads.items()},
        }
    }


def change_from_json(values: Mapping[str, Any]) -> Push | Withdraw:
    """Return the change that JSON values describe."""
    if "withdraw" in values:
        return Withdraw(**values["withdraw"])
    push = values["push"]
    decision = push["decision"]
    return Push(
        alignment=_alignment_from_json(push["alignment"]),
        annotations=annotations_from_json(push["annotations"]),
        decision=None if decision is None else Decision(decision),
        files={name: base64.b64decode(data) for name, data in push["files"].items()},
        fragment_decisions={k: Decision(d) for k, d in push["fragment_decisions"].items()},
        review_heads=_heads(push["review_heads"]),
    )


def plan_to_json(plan: PushPlan) -> dict[str, Any]:
    """Return a plan as JSON values; its change and its policy the other side knows already."""
    journal, annotations = plan.journal, plan.annotations
    return {
        "target": plan.target,
        "items": items_to_json(plan.items),
        "annotations": None if annotations is None else annotations_to_json(annotations),
        "journal": None
        if journal is None
        else {
            "published": {source: sorted(ids) for source, ids in journal.published.items()},
            "review_heads": {who: list(heads) for who, heads in journal.review_heads.items()},
        },
        "version": plan.version,
        "record": None if plan.record is None else asdict(plan.record),
    }


def plan_from_json(
    values: Mapping[str, Any], change: Push | Withdraw, policy: PushPolicy
) -> PushPlan:
    """Return the plan for ``change`` that JSON values describe."""
    journal, annotations, record = values["journal"], values["annotations"], values["record"]
    return PushPlan(
        change=change,
        policy=policy,
        target=values["target"],
        items=_items_from_json(values["items"]),
        annotations=None if annotations is None else annotations_from_json(annotations),
        journal=None
        if journal is None
        else Journal(
            {source: frozenset(ids) for source, ids in journal["published"].items()},
            _heads(journal["review_heads"]),
        ),
        version=values["version"],
        record=None if record is None else RecordVersion(**record),
    )


def report_from_json(values: Iterable[Mapping[str, Any]]) -> PushReport:
    """Return the report that JSON values describe."""
    return PushReport(_items_from_json(values))


def items_to_json(items: Iterable[PlanItem]) -> list[dict[str, Any]]:
    """Return the items of a plan or of a report as JSON values."""
    return [asdict(item) for item in items]


def annotations_to_json(annotations: Iterable[Annotation]) -> list[dict[str, Any]]:
    """Return objects as JSON values."""
    return [annotation_to_json(annotation) for annotation in annotations]


def annotations_from_json(values: Iterable[Mapping[str, Any]]) -> tuple[Annotation, ...]:
    """Return the objects that JSON values describe."""
    return tuple(annotation_from_json(value) for value in values)


def _items_from_json(values: Iterable[Mapping[str, Any]]) -> tuple[PlanItem, ...]:
    return tuple(
        PlanItem(v["action"], StableKey(**v["key"]), v["reason"], v["label"]) for v in values
    )


def _alignment_to_json(alignment: Alignment) -> dict[str, Any]:
    record, arrays = alignment_to_record(alignment)
    packed = save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    return {"record": record.model_dump_json(), "arrays": _text(packed)}


def _alignment_from_json(values: Mapping[str, Any]) -> Alignment:
    arrays = load(base64.b64decode(values["arrays"]))
    return alignment_from_record(json.loads(values["record"]), arrays)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _heads(values: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {who: tuple(heads) for who, heads in values.items()}
