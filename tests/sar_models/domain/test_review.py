"""Reviews: a past that was changed or cut shows; no decision overwrites another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sar_models.domain.errors import RecordError
from sar_models.domain.review import (
    GENESIS,
    Decision,
    Review,
    standing_decisions,
    verify_chain,
)

NOW = "2026-11-21T08:00:00+00:00"


def log(reviewer: str, *decisions: tuple[str, Decision]) -> list[Review]:
    """Return a chained log of decisions on items."""
    events: list[Review] = []
    for item, decision in decisions:
        events.append(
            Review(
                reviewer,
                NOW,
                item,
                decision,
                reason="fold" if decision is Decision.REJECT else "",
                previous=events[-1].sha256 if events else GENESIS,
            )
        )
    return events


ACCEPT, REJECT, FIX, UNDO = Decision.ACCEPT, Decision.REJECT, Decision.NEEDS_FIX, Decision.UNDO


def test_chain_holds_and_knows_its_anchored_head() -> None:
    events = log("ada", ("a", ACCEPT), ("b", REJECT), ("a", UNDO))
    verify_chain(events)
    verify_chain(events, head=events[1].sha256)
    verify_chain([])


def test_edited_reordered_and_cut_logs_are_found() -> None:
    events = log("ada", ("a", ACCEPT), ("b", REJECT), ("c", FIX))
    edited = [replace(events[0], decision=FIX), *events[1:]]
    with pytest.raises(RecordError, match="changed before event 2"):
        verify_chain(edited)
    with pytest.raises(RecordError, match="changed"):
        verify_chain([events[1], events[0], events[2]])
    with pytest.raises(RecordError, match="lacks"):
        verify_chain(events[:1], head=events[2].sha256)
    with pytest.raises(RecordError, match="'bob'"):
        verify_chain([events[0], replace(events[1], reviewer="bob")])


def test_undo_takes_back_only_the_reviewers_own_last_decision() -> None:
    ada = log("ada", ("a", ACCEPT), ("a", REJECT), ("a", UNDO), ("b", ACCEPT), ("b", UNDO))
    bob = log("bob", ("a", REJECT), ("b", UNDO))
    standing = standing_decisions([*ada, *bob])
    assert {e.reviewer: e.decision for e in standing["a", None]} == {"ada": ACCEPT, "bob": REJECT}
    assert ("b", None) not in standing


def test_fragments_are_decided_apart_from_the_pair() -> None:
    whole = Review("ada", NOW, "a", ACCEPT)
    piece = Review("ada", NOW, "a", FIX, fragment="tissue-2")
    assert set(standing_decisions([whole, piece])) == {("a", None), ("a", "tissue-2")}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"decision": REJECT, "reason": " "}, "reason"),
        ({"reviewer": ""}, "reviewer"),
        ({"created": "yesterday"}, "ISO 8601"),
        ({"created": "2026-11-21T08:00:00"}, "zone"),
    ],
)
def test_incomplete_reviews_are_refused(fields: dict[str, object], message: str) -> None:
    values = {"reviewer": "ada", "created": NOW, "content_sha256": "a", "decision": ACCEPT}
    with pytest.raises(RecordError, match=message):
        Review(**(values | fields))
