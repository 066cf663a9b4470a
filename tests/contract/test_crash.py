"""A crash before any write is repaired by the next push: the end is that of an undisturbed run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import builders
from shapely.geometry import box
from store_harness import ALL, SOURCE, TARGET, crashes_at, note, push, shapes

from sar_models.domain.alignment import Risk
from sar_models.stores import Withdraw

if TYPE_CHECKING:
    from collections.abc import Callable

    from store_harness import Harness

    from sar_models.stores import PushReport

THEIRS = note("theirs", 60, metadata={})


def first_push(harness: Harness) -> PushReport:
    return push(harness, note("a"), note("b", 40))


def second_push(harness: Harness) -> PushReport:
    """Update one, delete one, create one, and bring a new record."""
    moved = replace(note("a"), geometry=box(50, 10, 60, 20))
    newer = builders.make_alignment(risk=Risk(0.1))
    return push(harness, moved, note("c", 70), alignment=newer)


def take_back(harness: Harness) -> PushReport:
    report: PushReport = harness.store.apply(
        harness.store.plan(Withdraw(SOURCE, TARGET, records=True), ALL)
    )
    return report


def seen(harness: Harness) -> tuple[dict[str, str], object, frozenset[str]]:
    shelf = harness.store.shelf
    state = shelf.load(TARGET)
    return shapes(state.annotations), shelf.record(SOURCE, TARGET), state.journal.of(SOURCE)


def check_every_crash(
    fresh_harness: Callable[[], Harness], *steps: Callable[[Harness], PushReport]
) -> int:
    """Crash the last step before each of its writes, repeat it, compare; return the writes."""
    *before, last = steps
    undisturbed = fresh_harness()
    undisturbed.person_writes(TARGET, [THEIRS])
    for step in steps:
        step(undisturbed)
    fatal = 1
    while True:
        harness = fresh_harness()
        harness.person_writes(TARGET, [THEIRS])
        for step in before:
            step(harness)
        if not crashes_at(harness, lambda harness=harness: last(harness), fatal):
            return fatal - 1
        last(harness)
        assert seen(harness) == seen(undisturbed)
        quiet = harness.fingerprint()
        assert last(harness).counts["create"] == 0
        assert harness.fingerprint() == quiet
        fatal += 1


def test_first_push(fresh_harness: Callable[[], Harness]) -> None:
    assert check_every_crash(fresh_harness, first_push) == 3


def test_push_that_creates_updates_and_deletes(fresh_harness: Callable[[], Harness]) -> None:
    assert check_every_crash(fresh_harness, first_push, second_push) == 4


def test_withdrawal(fresh_harness: Callable[[], Harness]) -> None:
    assert check_every_crash(fresh_harness, first_push, take_back) == 3


def test_push_after_a_withdrawal_that_crashed(fresh_harness: Callable[[], Harness]) -> None:
    for fatal in (1, 2, 3):
        harness = fresh_harness()
        first_push(harness)
        assert crashes_at(harness, lambda harness=harness: take_back(harness), fatal)
        first_push(harness)
        assert set(shapes(harness.store.annotations(TARGET))) == {"a", "b"}


def test_a_lost_journal_is_rebuilt_from_the_objects(harness: Harness) -> None:
    first_push(harness)
    expected = seen(harness)
    harness.lose_journal(TARGET)
    report = first_push(harness)
    assert report.counts == {"create": 0, "update": 0, "keep": 3, "delete": 0}
    assert seen(harness) == expected
