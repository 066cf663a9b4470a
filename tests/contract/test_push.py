from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import builders
import pytest
from shapely.affinity import translate
from shapely.geometry import box
from store_harness import ALL, SOURCE, TARGET, note, push, push_of, shapes

from sar_models.domain.alignment import Outcome, Reason, Risk, failed_alignment
from sar_models.domain.errors import ConflictError, StoreError
from sar_models.domain.review import Decision
from sar_models.domain.slides import SlidePair
from sar_models.stores import PushPolicy, Withdraw

if TYPE_CHECKING:
    from store_harness import Harness

    from sar_models.domain.annotations import Annotation
    from sar_models.stores import PushReport

FORCED = replace(ALL, force=True)


def reasons(report: PushReport) -> dict[str, str]:
    return {item.label: f"{item.action}: {item.reason}" for item in report.items if item.label}


def by_name(harness: Harness, slide: str = TARGET) -> dict[str, Annotation]:
    return {a.name: a for top in harness.store.annotations(slide) for a in top.walk()}


def withdraw(harness: Harness, policy: PushPolicy = ALL, **fields: bool) -> PushReport:
    plan = harness.store.plan(Withdraw(SOURCE, TARGET, **fields), policy)
    report: PushReport = harness.store.apply(plan)
    return report


def test_a_plan_reads_only_and_says_everything(harness: Harness) -> None:
    before = harness.fingerprint()
    plan = harness.store.plan(push_of(note("a"), note("b", 40)), ALL)
    assert harness.fingerprint() == before
    assert plan.changes_anything
    assert [item.action for item in plan.items] == ["create"] * 3
    assert [item.label for item in plan.items] == ["", "a", "b"]
    assert all(item.reason for item in plan.items)
    assert {item.key.target for item in plan.items} == {TARGET}


def test_push_keeps_id_class_measurements_and_marks_the_object_as_ours(harness: Harness) -> None:
    push(harness, note("a", locked=True))
    stored = by_name(harness)["a"]
    assert stored.id == note("a").id
    assert stored.is_ours
    assert stored.locked
    assert stored.classification == ("Tumor",)
    assert stored.measurements["area"] == pytest.approx(0.1)
    assert stored.metadata["sar_align.run"] == "r1"
    assert shapes([stored]) == shapes([note("a")])


def test_the_same_push_twice_writes_nothing(harness: Harness) -> None:
    child = note("child", 12.0)
    notes = (note("a", children=(child,)), note("b", 40))
    assert push(harness, *notes).counts == {"create": 3, "update": 0, "keep": 0, "delete": 0}
    before = harness.fingerprint()
    assert push(harness, *notes).counts == {"create": 0, "update": 0, "keep": 3, "delete": 0}
    assert harness.fingerprint() == before


def test_an_edited_source_object_is_exactly_one_update(harness: Harness) -> None:
    push(harness, note("a"), note("b", 40))
    moved = replace(note("b", 40), geometry=box(41, 10, 52, 30))
    report = push(harness, note("a"), moved)
    assert report.counts == {"create": 0, "update": 1, "keep": 2, "delete": 0}
    assert by_name(harness)["a"].id == note("a").id
    assert by_name(harness)["b"].id == note("b").id
    assert shapes(harness.store.annotations(TARGET)) == shapes([note("a"), moved])


def test_an_upgraded_engine_finds_its_own_earlier_objects(harness: Harness) -> None:
    push(harness, note("a"))
    newer = builders.make_alignment(risk=Risk(0.1))
    shifted = replace(
        note("a"), geometry=translate(note("a").geometry, 0.5), metadata={"sar_align.run": "r2"}
    )
    report = push(harness, shifted, alignment=newer)
    assert report.counts == {"create": 0, "update": 2, "keep": 0, "delete": 0}
    assert len(harness.store.annotations(TARGET)) == 1


def test_what_the_source_no_longer_has_goes(harness: Harness) -> None:
    push(harness, note("a"), note("b", 40))
    report = push(harness, note("a"))
    assert reasons(report)["b"] == "delete: its source object is gone"
    assert set(by_name(harness)) == {"a"}
    push(harness, note("a"), note("b", 40))
    assert set(by_name(harness)) == {"a", "b"}


def test_other_peoples_objects_are_untouched_wherever_ours_lie(harness: Harness) -> None:
    theirs = note("theirs", 60, metadata={}, extra={"somebody": "else"})
    harness.person_writes(TARGET, [theirs])
    push(harness, note("a"))
    # In QuPath, "resolve hierarchy" puts our object inside of a larger one.
    (ours,) = (a for a in harness.store.annotations(TARGET) if a.name == "a")
    harness.person_writes(TARGET, [replace(theirs, children=(ours,))])
    push(harness, replace(note("a"), geometry=box(1, 1, 5, 5)))
    (top,) = harness.store.annotations(TARGET)
    assert (top.name, top.extra, [c.name for c in top.children]) == (
        "theirs",
        {"somebody": "else"},
        ["a"],
    )
    assert top.children[0].geometry.equals(box(1, 1, 5, 5))
    withdraw(harness)
    assert set(by_name(harness)) == {"theirs"}


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda a: replace(a, geometry=box(10, 10, 23, 31)), "a person changed its outline"),
        (lambda a: replace(a, name="renamed"), "a person changed its name"),
        (lambda a: replace(a, classification=("Stroma",)), "a person changed its name, class"),
        (lambda a: replace(a, locked=True), "a person changed its name, class, type or lock"),
        (lambda a: replace(a, children=(note("mine", 12, metadata={}),)), "a person added"),
    ],
)
def test_a_persons_edit_is_kept_and_reported_unless_forced(
    edit: object, reason: str, harness: Harness
) -> None:
    push(harness, note("a"), note("b", 40))
    edited = [edit(a) if a.name == "a" else a for a in harness.store.annotations(TARGET)]  # type: ignore[operator]
    harness.person_writes(TARGET, edited)
    before = harness.fingerprint()
    moved = replace(note("a"), geometry=box(50, 10, 60, 20))
    report = push(harness, moved, note("b", 40))
    assert report.counts == {"create": 0, "update": 0, "keep": 3, "delete": 0}
    kept = next(item for item in report.items if item.key.object_id == str(note("a").id))
    assert reason in kept.reason
    assert harness.fingerprint() == before
    assert withdraw(harness).counts["delete"] == 1
    push(harness, moved, note("b", 40), policy=FORCED)
    assert by_name(harness)["a"].geometry.equals(moved.geometry)
    if "added" in reason:
        assert "mine" in by_name(harness)


def test_saving_in_qupath_is_no_edit(harness: Harness) -> None:
    """QuPath keeps float32 of a 0.01 px grid, turns the ring, and starts it elsewhere."""
    push(harness, note("a", geometry=box(1000.13, 2000.27, 1700.41, 2500.55).buffer(20)))
    (ours,) = harness.store.annotations(TARGET)
    ring = ours.geometry.exterior.coords[:-1]
    saved = [(x + 0.006, y - 0.006) for x, y in ring[7:] + ring[:7]][::-1]
    harness.person_writes(TARGET, [replace(ours, geometry=type(ours.geometry)(saved))])
    report = push(harness, note("a", geometry=box(1000.13, 2000.27, 1700.41, 2500.55).buffer(20)))
    assert reasons(report)["a"] == "keep: unchanged"


def test_what_a_person_deleted_stays_deleted_unless_forced(harness: Harness) -> None:
    push(harness, note("a"), note("b", 40))
    harness.person_writes(TARGET, [a for a in harness.store.annotations(TARGET) if a.name == "b"])
    for _ in range(2):
        report = push(harness, note("a"), note("b", 40))
        assert reasons(report)["a"] == "keep: a person deleted it"
        assert set(by_name(harness)) == {"b"}
    withdraw(harness)
    assert reasons(push(harness, note("a"), note("b", 40)))["a"] == "keep: a person deleted it"
    assert set(by_name(harness)) == {"b"}
    push(harness, note("a"), note("b", 40), policy=FORCED)
    assert set(by_name(harness)) == {"a", "b"}


def test_a_deleted_child_is_a_persons_edit(harness: Harness) -> None:
    push(harness, note("a", children=(note("child", 12),)))
    (ours,) = harness.store.annotations(TARGET)
    harness.person_writes(TARGET, [replace(ours, children=())])
    report = push(harness, note("a", children=(note("child", 12),)))
    assert "a person deleted parts of it" in reasons(report)["a"]


def test_a_copy_that_a_person_made_is_theirs(harness: Harness) -> None:
    push(harness, note("a"))
    (ours,) = harness.store.annotations(TARGET)
    copy = replace(ours, id=uuid.uuid4(), name="copy", geometry=box(50, 40, 60, 50))
    harness.person_writes(TARGET, [ours, copy])
    push(harness, replace(note("a"), geometry=box(1, 1, 5, 5)))
    assert by_name(harness)["copy"].geometry.equals(copy.geometry)
    withdraw(harness)
    assert set(by_name(harness)) == {"copy"}


def test_an_id_that_is_taken_on_the_target_is_not_used_twice(harness: Harness) -> None:
    theirs = replace(note("a", 50, metadata={}), name="theirs")
    harness.person_writes(TARGET, [theirs])
    push(harness, note("a"))
    ids = [a.id for a in harness.store.annotations(TARGET)]
    assert len(set(ids)) == 2
    before = harness.fingerprint()
    assert push(harness, note("a")).counts["keep"] == 2
    assert harness.fingerprint() == before
    harness.person_writes(TARGET, [a for a in harness.store.annotations(TARGET) if a.is_ours])
    assert push(harness, note("a")).counts == {"create": 0, "update": 0, "keep": 2, "delete": 0}


def test_two_sources_do_not_touch_each_others_objects(harness: Harness) -> None:
    pair = builders.make_alignment().pair
    other = builders.make_alignment(
        pair=SlidePair(replace(pair.source, uri="third.tif"), pair.target)
    )
    push(harness, note("a"))
    push(harness, note("b", 40), alignment=other)
    assert set(by_name(harness)) == {"a", "b"}
    withdraw(harness)
    assert set(by_name(harness)) == {"b"}


def test_a_changed_target_is_a_conflict(harness: Harness) -> None:
    plan = harness.store.plan(push_of(note("a")), ALL)
    harness.person_writes(TARGET, [note("theirs", 60, metadata={})])
    before = harness.fingerprint()
    with pytest.raises(ConflictError, match="changed since the plan was made"):
        harness.store.apply(plan)
    assert harness.fingerprint() == before


def test_of_two_pushers_one_wins(harness: Harness) -> None:
    first = harness.store.plan(push_of(note("a")), ALL)
    second = harness.store.plan(push_of(note("a")), ALL)
    harness.store.apply(first)
    with pytest.raises(ConflictError):
        harness.store.apply(second)
    assert len(harness.store.annotations(TARGET)) == 1


def test_a_changed_record_is_a_conflict(harness: Harness) -> None:
    plan = harness.store.plan(push_of(), ALL)
    push(harness, alignment=builders.make_alignment(risk=Risk(0.4)))
    with pytest.raises(ConflictError):
        harness.store.apply(plan)


def test_somebody_who_is_writing_is_a_conflict(harness: Harness) -> None:
    plan = harness.store.plan(push_of(note("a")), ALL)
    with (
        harness.store.shelf.locked(TARGET),
        pytest.raises(ConflictError, match="Somebody else is writing"),
    ):
        harness.store.apply(plan)
    harness.store.apply(plan)


def test_an_unknown_target_is_refused(harness: Harness) -> None:
    pair = builders.make_alignment().pair
    stray = builders.make_alignment(
        pair=SlidePair(pair.source, replace(pair.target, uri="nix.tif"))
    )
    with pytest.raises(StoreError, match="has no slide"):
        harness.store.plan(push_of(alignment=stray), ALL)


def test_withdrawing_takes_only_what_is_ours(harness: Harness) -> None:
    theirs = note("theirs", 60, metadata={})
    harness.person_writes(TARGET, [theirs])
    push(harness, note("a"), note("b", 40))
    report = withdraw(harness)
    assert report.counts == {"create": 0, "update": 0, "keep": 0, "delete": 2}
    assert shapes(harness.store.annotations(TARGET)) == shapes([theirs])
    before = harness.fingerprint()
    assert withdraw(harness).counts["delete"] == 0
    assert harness.fingerprint() == before
    assert withdraw(harness, records=True).counts["delete"] == 1
    assert push(harness).counts["create"] == 1


ACCEPTED = PushPolicy()
LOW_RISK = PushPolicy(publish="low-risk", low_risk=0.3)


@pytest.mark.parametrize(
    ("policy", "decision", "risk", "outcome", "published"),
    [
        (ACCEPTED, None, 0.0, Outcome.ALIGNED, False),
        (ACCEPTED, Decision.ACCEPT, 0.9, Outcome.PARTIAL, True),
        (ACCEPTED, Decision.NEEDS_FIX, 0.0, Outcome.ALIGNED, False),
        (ACCEPTED, Decision.REJECT, 0.0, Outcome.ALIGNED, False),
        (LOW_RISK, None, 0.3, Outcome.ALIGNED, True),
        (LOW_RISK, None, 0.31, Outcome.ALIGNED, False),
        (LOW_RISK, None, 0.0, Outcome.PARTIAL, False),
        (LOW_RISK, Decision.REJECT, 0.0, Outcome.ALIGNED, False),
        (ALL, None, 0.99, Outcome.PARTIAL, True),
        (ALL, Decision.NEEDS_FIX, 0.0, Outcome.ALIGNED, False),
        (ALL, Decision.REJECT, 0.0, Outcome.ALIGNED, False),
    ],
)
def test_unreviewed_results_do_not_spread(
    policy: PushPolicy,
    decision: Decision | None,
    risk: float,
    outcome: Outcome,
    published: bool,
    harness: Harness,
) -> None:
    alignment = builders.make_alignment(outcome, risk=Risk(risk))
    report = push(harness, note("a"), alignment=alignment, policy=policy, decision=decision)
    assert ("a" in by_name(harness)) == published
    assert report.items[0].action == "create", "the record is pushed always"


def test_a_rejection_withdraws_what_was_published(harness: Harness) -> None:
    push(harness, note("a"), policy=ACCEPTED, decision=Decision.ACCEPT)
    report = push(harness, note("a"), policy=ACCEPTED, decision=Decision.REJECT)
    assert reasons(report)["a"] == "delete: the alignment was rejected"
    assert by_name(harness) == {}
    push(harness, note("a"), policy=ACCEPTED, decision=Decision.ACCEPT)
    assert set(by_name(harness)) == {"a"}


def test_a_new_result_waits_while_the_accepted_one_stays(harness: Harness) -> None:
    push(harness, note("a"), policy=ACCEPTED, decision=Decision.ACCEPT)
    newer = builders.make_alignment(risk=Risk(0.1))
    moved = replace(note("a"), geometry=box(50, 10, 60, 20))
    report = push(harness, moved, alignment=newer, policy=ACCEPTED)
    assert "an earlier result stays" in reasons(report)["a"]
    assert by_name(harness)["a"].geometry.equals(note("a").geometry)


def test_a_failure_is_a_record_without_objects(harness: Harness) -> None:
    pair = builders.make_alignment().pair
    failed = failed_alignment(pair, "Unrelated tissue.", (Reason("unrelated", "No match."),))
    report = push(harness, note("a"), alignment=failed)
    assert report.items[0].action == "create"
    assert by_name(harness) == {}
    assert push(harness, alignment=failed).counts["keep"] == 1


FIRST, SECOND = '["tissue-1"]', '["tissue-2"]'


def through(fragments: str) -> dict[str, str]:
    """Return the metadata of an object that followed these fragments."""
    return {"sar_align.run": "r1", "sar_align.fragments": fragments}


@pytest.mark.parametrize(
    ("policy", "decision", "fragments", "published"),
    [
        (ALL, None, {"tissue-2": Decision.REJECT}, {"a"}),
        (ALL, None, {"tissue-2": Decision.NEEDS_FIX}, {"a"}),
        (ALL, None, {"tissue-1": Decision.REJECT, "tissue-2": Decision.ACCEPT}, {"b"}),
        (ACCEPTED, None, {"tissue-2": Decision.ACCEPT}, {"b"}),
        (ACCEPTED, Decision.ACCEPT, {"tissue-2": Decision.REJECT}, {"a"}),
        (ACCEPTED, Decision.NEEDS_FIX, {"tissue-2": Decision.ACCEPT}, set()),
        (ACCEPTED, Decision.REJECT, {"tissue-2": Decision.ACCEPT}, set()),
        (ACCEPTED, None, {"elsewhere": Decision.ACCEPT}, set()),
        (ALL, None, {"elsewhere": Decision.REJECT}, {"a", "b"}),
    ],
)
def test_fragments_are_published_as_they_were_reviewed(
    policy: PushPolicy,
    decision: Decision | None,
    fragments: dict[str, Decision],
    published: set[str],
    harness: Harness,
) -> None:
    notes = note("a", metadata=through(FIRST)), note("b", 40, metadata=through(SECOND))
    push(harness, *notes, policy=policy, decision=decision, fragment_decisions=fragments)
    assert set(by_name(harness)) == published


def test_rejecting_a_fragment_withdraws_what_followed_it(harness: Harness) -> None:
    both = '["tissue-1", "tissue-2"]'
    notes = (
        note("a", metadata=through(FIRST)),
        note("b", 40, metadata=through(SECOND)),
        note("across", 50, metadata=through(both)),
        note("unknown", 60),
    )
    push(harness, *notes)
    rejected = {"tissue-2": Decision.REJECT}
    report = push(harness, *notes, fragment_decisions=rejected)
    assert reasons(report) == {
        "a": "keep: unchanged",
        "b": "delete: the fragment 'tissue-2' was rejected",
        "across": "delete: the fragment 'tissue-2' was rejected",
        "unknown": "delete: the fragment 'tissue-2' was rejected",
    }
    assert set(by_name(harness)) == {"a"}
    before = harness.fingerprint()
    assert push(harness, *notes, fragment_decisions=rejected).counts["delete"] == 0
    assert harness.fingerprint() == before
    push(harness, *notes)
    assert set(by_name(harness)) == {"a", "b", "across", "unknown"}


def test_a_push_anchors_the_review_log_and_writes_nothing_for_that_alone(
    harness: Harness,
) -> None:
    heads = {"os:ada": ("1" * 64,)}
    push(harness, note("a"), review_heads=heads)
    journal = harness.store.shelf.load(TARGET).journal
    assert journal.review_heads == heads
    before = harness.fingerprint()
    push(harness, note("a"), review_heads={"os:ada": ("2" * 64,)})
    assert harness.fingerprint() == before
    push(harness, note("a"), note("b", 40), review_heads={"os:bob": ("3" * 64,)})
    journal = harness.store.shelf.load(TARGET).journal
    assert journal.review_heads == {**heads, "os:bob": ("3" * 64,)}
    assert len(journal.of(SOURCE)) == 2
