from __future__ import annotations

from dataclasses import replace

import builders
import pytest
from store_harness import note

from sar_models.domain.alignment import Risk
from sar_models.domain.errors import OptionError
from sar_models.domain.review import Decision, Review
from sar_models.stores import PushPolicy, StableKey, joint_decision
from sar_models.stores.marker import WRITTEN_KEY, is_published, marked, person_changed

ALIGNMENT = builders.make_alignment()


def review(decision: Decision, reviewer: str = "ada", **fields: str) -> Review:
    values = {
        "created": "2026-01-01T00:00:00+00:00",
        "content_sha256": ALIGNMENT.content_sha256,
        "reason": "because",
    }
    return Review(reviewer=reviewer, decision=decision, **(values | fields))


@pytest.mark.parametrize(
    ("reviews", "expected"),
    [
        ([], None),
        ([review(Decision.ACCEPT)], Decision.ACCEPT),
        ([review(Decision.ACCEPT), review(Decision.UNDO)], None),
        ([review(Decision.ACCEPT), review(Decision.NEEDS_FIX, "bob")], Decision.NEEDS_FIX),
        ([review(Decision.REJECT), review(Decision.ACCEPT, "bob")], Decision.REJECT),
        ([review(Decision.REJECT), review(Decision.ACCEPT)], Decision.ACCEPT),
        ([review(Decision.ACCEPT, fragment="tissue-1")], None),
    ],
)
def test_the_strictest_standing_decision_counts(
    reviews: list[Review], expected: Decision | None
) -> None:
    assert joint_decision(ALIGNMENT, reviews) == expected


def test_a_decision_on_an_earlier_result_does_not_count() -> None:
    newer = builders.make_alignment(risk=Risk(0.9))
    assert joint_decision(newer, [review(Decision.ACCEPT)]) is None


@pytest.mark.parametrize("fields", [{"publish": "everything"}, {"low_risk": 1.5}])
def test_impossible_policies(fields: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        PushPolicy(**fields)  # type: ignore[arg-type]


def test_keys_hold_no_result() -> None:
    assert str(StableKey("a", "b", "c")) == "sar-align/1 | a | b | c"
    assert str(StableKey("a", "b")) == "sar-align/1 | a | b | alignment"


def test_a_marker_that_somebody_changed_is_an_edit() -> None:
    ours = marked(note("a"), "he.tif")
    assert is_published(ours)
    assert person_changed(ours) == ""
    for value in ("", "1 2 3", "x 0 a b c d", " ".join(["0"] * 6)):
        changed = replace(ours, metadata={**ours.metadata, WRITTEN_KEY: value})
        assert person_changed(changed)


def test_a_marker_with_shapes_that_are_no_numbers_is_an_edit() -> None:
    ours = marked(note("a"), "he.tif")
    attributes, children, *_ = ours.metadata[WRITTEN_KEY].split()
    bad = f"{attributes} {children} a b c d"
    assert person_changed(replace(ours, metadata={**ours.metadata, WRITTEN_KEY: bad}))
