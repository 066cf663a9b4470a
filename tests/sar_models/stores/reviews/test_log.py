"""The log: decisions of all are kept, and a past that is read is the past that was written."""

from __future__ import annotations

import json
import os
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from sar_models.domain.errors import OptionError, RecordError, StoreError, UnknownVersionError
from sar_models.domain.review import Decision, ReviewStatus, verify_chain
from sar_models.stores.reviews import ToRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sar_models.stores.reviews import ReviewLog

    People = Callable[..., ReviewLog]

ACCEPT, REJECT, FIX = Decision.ACCEPT, Decision.REJECT, Decision.NEEDS_FIX
A, B = "a" * 64, "b" * 64


def test_reading_writes_nothing(as_person: People, tmp_path: Path) -> None:
    log = as_person()
    assert log.events() == []
    assert log.state().status(A) is ReviewStatus.UNREVIEWED
    assert log.queue() == []
    assert log.heads() == {}
    assert log.verify() == []
    assert list(tmp_path.iterdir()) == []


def test_an_event_is_on_the_disk_when_record_returns(as_person: People, tmp_path: Path) -> None:
    review = as_person().record(A, ACCEPT, comment="  fine  ")
    (file,) = (tmp_path / "reviews").glob("*.jsonl")
    (line,) = file.read_text().splitlines()
    assert json.loads(line)["comment"] == "fine"
    assert json.loads(line)["sha256"] == review.sha256
    assert datetime.fromisoformat(review.created).utcoffset() is not None
    assert review.reviewer == "os:ada"
    assert review.software.startswith("sar-align ")


def test_two_decisions_on_one_item_are_both_kept(as_person: People) -> None:
    as_person("ada").record(A, ACCEPT)
    as_person("bob").record(A, REJECT, reason="fold")
    state = as_person("eve").state()
    assert {r.reviewer: r.decision for r in state.reviews(A)} == {
        "os:ada": ACCEPT,
        "os:bob": REJECT,
    }
    assert state.status(A) is ReviewStatus.DISAGREEMENT
    assert state.decision(A) is REJECT


def test_fragments_are_decided_apart(as_person: People) -> None:
    log = as_person()
    log.record(A, ACCEPT)
    log.record(A, REJECT, fragment="tissue-2", reason="upside down")
    as_person("bob").record(A, ACCEPT, fragment="tissue-2")
    state = log.state()
    assert state.status(A) is ReviewStatus.ACCEPTED
    assert state.status(A, "tissue-2") is ReviewStatus.DISAGREEMENT
    assert state.fragments(A) == {"tissue-2": REJECT}
    assert state.fragments(B) == {}


def test_twenty_levels_of_undo_each_a_new_event(as_person: People) -> None:
    log = as_person()
    for number in range(20):
        log.record(A, ACCEPT if number % 2 else FIX, comment=str(number))
    for number in reversed(range(20)):
        (standing,) = log.state().reviews(A)
        assert standing.comment == str(number)
        log.undo(A)
    assert log.state().reviews(A) == ()
    with pytest.raises(OptionError, match="no decision to take back"):
        log.undo(A)
    assert len(log.events()) == 40
    verify_chain(log.events())


def test_nobody_takes_back_what_another_decided(as_person: People) -> None:
    as_person("ada").record(A, REJECT, reason="fold")
    with pytest.raises(OptionError, match="Only your own"):
        as_person("bob").undo(A)
    assert as_person("bob").state().decision(A) is REJECT


def test_a_repeated_decision_is_recorded_once(as_person: People) -> None:
    log = as_person()
    first = log.record(A, REJECT, reason="fold")
    assert log.record(A, REJECT, reason="fold") == first
    log.record(A, REJECT, reason="fold, and mirrored")
    assert len(log.events()) == 2


def test_of_several_at_once_all_or_none_is_recorded(as_person: People) -> None:
    log = as_person()
    with pytest.raises(RecordError, match="reason"):
        log.record_all([ToRecord(A, ACCEPT), ToRecord(B, REJECT)])
    assert log.events() == []
    log.record_all([ToRecord(A, ACCEPT), ToRecord(B, REJECT, reason="fold"), ToRecord(A, ACCEPT)])
    assert [event.content_sha256 for event in log.events()] == [A, B]
    verify_chain(log.events())


def test_an_open_log_sees_what_others_wrote_since(as_person: People) -> None:
    ada, bob = as_person("ada"), as_person("bob")
    ada.record(A, ACCEPT)
    assert bob.state().status(A) is ReviewStatus.ACCEPTED
    ada.undo(A)
    assert bob.state().status(A) is ReviewStatus.UNREVIEWED
    assert len(bob.events()) == 2


def test_one_person_in_two_processes_makes_one_chain(as_person: People) -> None:
    one, other = as_person(), as_person()
    for number in range(5):
        one.record(A, FIX, comment=str(number))
        other.record(B, FIX, comment=str(number))
    assert len(one.files()) == 1
    verify_chain(other.events())


def test_events_are_in_order_of_time_and_of_the_log(
    as_person: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = as_person("ada"), as_person("bob")
    for log, item in ((ada, A), (bob, A), (ada, B), (bob, B)):
        log.record(item, ACCEPT)
    found = [(event.reviewer, event.content_sha256) for event in ada.events()]
    assert sorted(found) == sorted({("os:ada", A), ("os:ada", B), ("os:bob", A), ("os:bob", B)})
    assert found.index(("os:ada", A)) < found.index(("os:ada", B))


def test_a_line_that_was_cut_off_is_closed_and_nothing_else_changes(
    as_person: People, tmp_path: Path
) -> None:
    log = as_person()
    log.record(A, ACCEPT)
    (file,) = (tmp_path / "reviews").glob("*.jsonl")
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"schema_version": 1, "rev')
    assert len(as_person().events()) == 1
    log.record(B, ACCEPT)
    assert file.read_bytes().startswith(whole)
    assert [e.content_sha256 for e in as_person().events()] == [A, B]
    (finding,) = log.verify()
    assert finding.harmless
    assert finding.line == 2


def test_an_event_that_lacks_only_its_line_end_counts(as_person: People, tmp_path: Path) -> None:
    as_person().record(A, ACCEPT)
    (file,) = (tmp_path / "reviews").glob("*.jsonl")
    file.write_bytes(file.read_bytes().rstrip(b"\n"))
    as_person().record(B, ACCEPT)
    assert [e.content_sha256 for e in as_person().events()] == [A, B]
    assert as_person().verify() == []


def test_events_of_a_newer_version_are_not_passed_over(as_person: People, tmp_path: Path) -> None:
    as_person().record(A, ACCEPT)
    (file,) = (tmp_path / "reviews").glob("*.jsonl")
    file.write_text(json.dumps({"schema_version": 2, "vote": "yes"}) + "\n")
    with pytest.raises(UnknownVersionError, match=r"line 1: .*version 2"):
        as_person().events()


def test_a_folder_that_cannot_be_written(as_person: People, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        as_person(folder=tmp_path / "nowhere").record(A, ACCEPT)


def test_a_full_disk_records_nothing_and_leaves_no_half_event(
    as_person: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = as_person()
    log.record(A, ACCEPT)
    (file,) = (tmp_path / "reviews").glob("*.jsonl")
    before = file.read_bytes()
    write = os.write

    def half(handle: int, data: memoryview) -> int:
        write(handle, bytes(data)[:20])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(StoreError, match=r"not recorded.*No space left"):
        log.record(B, ACCEPT)
    monkeypatch.undo()
    assert file.read_bytes() == before
    log.record(B, ACCEPT)
    verify_chain(log.events())
    assert len(log.events()) == 2


def test_too_long_a_comment_is_refused(as_person: People) -> None:
    with pytest.raises(RecordError, match="comment"):
        as_person().record(A, ACCEPT, comment="x" * 30_000)
    assert as_person().events() == []
