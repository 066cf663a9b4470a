"""What reviewers say together, and how far they agree."""

from __future__ import annotations

import math

import pytest

from sar_models.domain.review import (
    Decision,
    Review,
    ReviewStatus,
    agreements,
    cohen_kappa,
    standing_decisions,
    status_of,
    strictest,
    throughputs,
)

ACCEPT, REJECT, FIX = Decision.ACCEPT, Decision.REJECT, Decision.NEEDS_FIX


def review(reviewer: str, item: str, decision: Decision) -> Review:
    return Review(reviewer, "2026-11-21T08:00:00+00:00", item, decision, reason="fold")


@pytest.mark.parametrize(
    ("decisions", "status", "together"),
    [
        ([], ReviewStatus.UNREVIEWED, None),
        ([ACCEPT], ReviewStatus.ACCEPTED, ACCEPT),
        ([ACCEPT, ACCEPT], ReviewStatus.ACCEPTED, ACCEPT),
        ([REJECT], ReviewStatus.REJECTED, REJECT),
        ([FIX], ReviewStatus.NEEDS_FIX, FIX),
        ([ACCEPT, FIX], ReviewStatus.DISAGREEMENT, FIX),
        ([ACCEPT, FIX, REJECT], ReviewStatus.DISAGREEMENT, REJECT),
    ],
)
def test_status_and_what_counts(
    decisions: list[Decision], status: ReviewStatus, together: Decision | None
) -> None:
    reviews = [review(f"os:{i}", "a", decision) for i, decision in enumerate(decisions)]
    assert status_of(reviews) is status
    assert strictest(reviews) is together


def test_kappa_of_a_worked_example() -> None:
    # 20 and 15 agreed of 50, 5 and 10 not: observed 0.7, chance 0.5 (Wikipedia's example).
    read = [(ACCEPT, ACCEPT)] * 20 + [(ACCEPT, REJECT)] * 5
    read += [(REJECT, ACCEPT)] * 10 + [(REJECT, REJECT)] * 15
    assert cohen_kappa(read) == pytest.approx(0.4)
    assert cohen_kappa([(b, a) for a, b in read]) == pytest.approx(0.4)


def test_kappa_is_not_defined_where_chance_explains_everything() -> None:
    assert math.isnan(cohen_kappa([]))
    assert math.isnan(cohen_kappa([(ACCEPT, ACCEPT)] * 5))
    assert cohen_kappa([(ACCEPT, REJECT), (REJECT, ACCEPT)]) == pytest.approx(-1.0)


def test_agreement_counts_only_items_that_both_read() -> None:
    events = [
        review("os:bob", "a", ACCEPT),
        review("os:ada", "a", ACCEPT),
        review("os:ada", "b", ACCEPT),
        review("os:bob", "b", REJECT),
        review("os:ada", "c", REJECT),
        review("os:eve", "d", REJECT),
    ]
    (found,) = agreements(standing_decisions(events))
    assert (found.first, found.second, found.items, found.agreed) == ("os:ada", "os:bob", 2, 1)
    assert found.kappa == pytest.approx(0.0)


def test_pace_leaves_breaks_out() -> None:
    def at(minute: int, decision: Decision = ACCEPT) -> Review:
        time = f"2026-11-21T{8 + minute // 60:02d}:{minute % 60:02d}:00+00:00"
        return Review("os:ada", time, "a", decision, reason="fold")

    (found,) = throughputs([at(0), at(1), at(3, REJECT), at(120), at(123)])
    assert found.median_s == pytest.approx(120.0)
    assert found.decided == {ACCEPT: 4, REJECT: 1}
    assert (found.last - found.first).total_seconds() == pytest.approx(123 * 60)
    (alone,) = throughputs([at(0)])
    assert math.isnan(alone.median_s)
