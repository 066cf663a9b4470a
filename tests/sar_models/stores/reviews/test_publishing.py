"""A push carries what the log says; under a log that was changed there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import builders
import pytest
from store_harness import SOURCE, TARGET, FolderHarness, note

from sar_models.domain.errors import RecordError
from sar_models.domain.review import Decision
from sar_models.stores import PushPolicy
from sar_models.stores.reviews import Identity, ReviewLog, reviewed_push

if TYPE_CHECKING:
    from pathlib import Path

ALIGNMENT = builders.make_alignment()
CONTENT = ALIGNMENT.content_sha256
THROUGH = {"sar_align.run": "r1", "sar_align.fragments": '["tissue-1"]'}


@pytest.fixture
def harness(tmp_path: Path) -> FolderHarness:
    return FolderHarness(tmp_path)


@pytest.fixture
def log(harness: FolderHarness) -> ReviewLog:
    """The log of the alignments that the folder store keeps."""
    results = harness.folder / "sar_align"
    results.mkdir()
    return ReviewLog(results, Identity("ada", "os"))


def published(harness: FolderHarness, log: ReviewLog) -> set[str]:
    push = reviewed_push(log, ALIGNMENT, [note("a", metadata=THROUGH)])
    harness.store.apply(harness.store.plan(push, PushPolicy()))
    return {annotation.name for annotation in harness.store.annotations(TARGET)}


def test_what_is_published_follows_the_log(harness: FolderHarness, log: ReviewLog) -> None:
    assert published(harness, log) == set()
    log.record(CONTENT, Decision.ACCEPT)
    assert published(harness, log) == {"a"}
    log.record(CONTENT, Decision.REJECT, reason="fold")
    assert published(harness, log) == set()
    log.undo(CONTENT)
    assert published(harness, log) == {"a"}
    log.record(CONTENT, Decision.REJECT, fragment="tissue-1", reason="upside down")
    assert published(harness, log) == set()


def test_decisions_on_another_content_do_not_count(harness: FolderHarness, log: ReviewLog) -> None:
    log.record("f" * 64, Decision.ACCEPT)
    assert published(harness, log) == set()


def test_a_push_anchors_the_log_so_that_a_cut_shows(harness: FolderHarness, log: ReviewLog) -> None:
    log.record("f" * 64, Decision.NEEDS_FIX)
    log.record(CONTENT, Decision.ACCEPT)
    assert published(harness, log) == {"a"}
    journal = harness.store.shelf.load(TARGET).journal
    assert dict(journal.review_heads) == log.heads()
    assert journal.of(SOURCE)
    (file,) = log.files()
    file.path.write_bytes(file.path.read_bytes().splitlines(keepends=True)[0])
    (finding,) = log.verify()
    assert finding.file.endswith(".journal.json")
    with pytest.raises(RecordError, match="Nothing is published"):
        reviewed_push(log, ALIGNMENT)


def test_a_changed_log_publishes_nothing(log: ReviewLog) -> None:
    log.record(CONTENT, Decision.REJECT, reason="fold")
    (file,) = log.files()
    file.path.write_text(file.path.read_text().replace("fold", "none"))
    with pytest.raises(RecordError, match="changed"):
        reviewed_push(ReviewLog(log.folder, Identity("ada", "os")), ALIGNMENT)
