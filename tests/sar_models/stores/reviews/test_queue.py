"""The queue: riskiest first, damaged records told, the index only a memory."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import builders
import pytest

from sar_models.domain.alignment import Outcome, Reason, Risk, failed_alignment
from sar_models.domain.errors import InputError, OptionError, StoreError
from sar_models.domain.records import alignment_to_record
from sar_models.domain.review import Decision, ReviewStatus
from sar_models.stores.alignment_folder import write_alignment
from sar_models.stores.reviews import QueueFilter, index, summaries

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sar_models.stores.reviews import ReviewLog

    People = Callable[..., ReviewLog]


def put(folder: Path, risk: float, outcome: Outcome = Outcome.ALIGNED) -> str:
    """Write an alignment; return its content hash."""
    reasons = tuple(Reason(f"r{i}", f"Reason {i}.", i / 10) for i in range(5))
    alignment = builders.make_alignment(outcome, risk=Risk(risk, reasons))
    folder.parent.mkdir(exist_ok=True)
    write_alignment(folder, alignment, overwrite=True)
    return alignment.content_sha256


def names(log: ReviewLog, **wanted: object) -> list[str]:
    return [e.alignment.name for e in log.queue(QueueFilter(**wanted))]  # type: ignore[arg-type]


@pytest.fixture
def contents(tmp_path: Path) -> dict[str, str]:
    """Three pairs: content hash by name."""
    return {
        "low": put(tmp_path / "low", 0.1),
        "high": put(tmp_path / "high", 0.9, Outcome.PARTIAL),
        "case-1/middle": put(tmp_path / "case-1" / "middle", 0.5),
    }


def test_riskiest_first_with_the_three_heaviest_reasons(
    as_person: People, contents: dict[str, str]
) -> None:
    queue = as_person().queue()
    assert [e.alignment.name for e in queue] == ["high", "case-1/middle", "low"]
    first = queue[0].alignment
    assert first.content_sha256 == contents["high"]
    assert first.reasons == ("Reason 4.", "Reason 3.", "Reason 2.")
    assert (first.source, first.target, first.outcome) == ("he", "ihc", Outcome.PARTIAL)
    assert {e.status for e in queue} == {ReviewStatus.UNREVIEWED}


def test_filters(as_person: People, contents: dict[str, str]) -> None:
    ada, bob = as_person("ada"), as_person("bob")
    ada.record(contents["high"], Decision.REJECT, reason="fold")
    bob.record(contents["high"], Decision.ACCEPT)
    ada.record(contents["low"], Decision.ACCEPT)
    ada.record(contents["low"], Decision.NEEDS_FIX, fragment="tissue-1")
    assert names(ada, statuses=frozenset({ReviewStatus.DISAGREEMENT})) == ["high"]
    assert names(ada, statuses=frozenset({ReviewStatus.UNREVIEWED})) == ["case-1/middle"]
    assert names(ada, outcomes=frozenset({Outcome.ALIGNED})) == ["case-1/middle", "low"]
    assert names(ada, min_risk=0.5) == ["high", "case-1/middle"]
    assert names(ada, max_risk=0.5) == ["case-1/middle", "low"]
    assert names(ada, name="CASE-1") == ["case-1/middle"]
    assert names(bob, unread_by="os:bob") == ["case-1/middle", "low"]
    (low,) = ada.queue(QueueFilter(max_risk=0.2))
    assert low.fragments == {"tissue-1": Decision.NEEDS_FIX}


def test_a_blind_second_reader_sees_nothing_of_the_first(
    as_person: People, contents: dict[str, str]
) -> None:
    as_person("ada").record(contents["low"], Decision.REJECT, reason="fold")
    queue = as_person("bob").queue(QueueFilter(unread_by="os:bob", blind=True))
    assert len(queue) == 3
    assert all(e.status is ReviewStatus.UNREVIEWED and not e.reviews for e in queue)
    with pytest.raises(OptionError, match="blind"):
        QueueFilter(blind=True, statuses=frozenset({ReviewStatus.REJECTED}))


def test_impossible_risk_limits() -> None:
    with pytest.raises(OptionError, match=r"1\.5"):
        QueueFilter(max_risk=1.5)


def test_what_others_look_at_is_told_and_can_be_left_out(
    as_person: People, contents: dict[str, str]
) -> None:
    as_person("ada").claim(contents["low"])
    (low,) = as_person("bob").queue(QueueFilter(max_risk=0.2))
    assert low.claim is not None
    assert low.claim.reviewer == "os:ada"
    assert "low" not in names(as_person("bob"), unclaimed_by_others="os:bob")
    assert "low" in names(as_person("ada"), unclaimed_by_others="os:ada")


def test_a_failure_is_in_the_queue(as_person: People, tmp_path: Path) -> None:
    pair = builders.make_alignment().pair
    failed = failed_alignment(pair, "Unrelated tissue.", (Reason("unrelated", "No match."),))
    write_alignment(tmp_path / "failed", failed)
    (entry,) = as_person().queue()
    assert (entry.alignment.outcome, entry.alignment.failure) == (
        Outcome.FAILED,
        "Unrelated tissue.",
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xff",
        b'{"kind": "else"}',
        b'{"kind": "sar-align/alignment", "schema_version": 9, "transform": {}}',
        b'{"kind": "sar-align/alignment", "schema_version": 1, "transform": {}}',
    ],
)
def test_a_damaged_record_hides_no_other(
    content: bytes, as_person: People, contents: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "low" / "alignment.json").write_bytes(content)
    queue = as_person().queue()
    assert [e.alignment.name for e in queue] == ["low", "high", "case-1/middle"]
    assert queue[0].alignment.problem
    assert names(as_person(), outcomes=frozenset(Outcome)) == ["high", "case-1/middle"]


def test_names_cannot_steer_a_terminal(as_person: People, tmp_path: Path) -> None:
    put(tmp_path / "pair", 0.5)
    file = tmp_path / "pair" / "alignment.json"
    record = json.loads(file.read_text())
    record["pair"]["source"]["name"] = "he\x1b[2J"
    file.write_text(json.dumps(record))
    (entry,) = as_person().queue()
    assert entry.alignment.source == "he?[2J"


def test_a_record_written_in_another_order_is_read_whole(
    as_person: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alignment = builders.make_alignment()
    write_alignment(tmp_path / "pair", alignment)
    record = alignment_to_record(alignment)[0].model_dump(mode="json")
    reordered = {"transform": record.pop("transform"), **record, "padding": "x" * 80_000}
    (tmp_path / "pair" / "alignment.json").write_text(json.dumps(record | {"reasons": reordered}))
    (entry,) = as_person().queue()
    assert entry.alignment.content_sha256 == alignment.content_sha256
    monkeypatch.setattr(summaries, "_HEAD_BYTES", (40, 80))
    assert as_person().queue()[0].alignment == entry.alignment


def test_no_such_folder(as_person: People, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        as_person(folder=tmp_path / "nowhere").queue()


class TestIndex:
    @pytest.fixture(autouse=True)
    def _small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(index, "_WORTH_AN_INDEX", 2)

    def test_only_what_changed_is_read_again(
        self,
        as_person: People,
        contents: dict[str, str],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        before = as_person().queue()
        assert (tmp_path / "reviews" / "index.json").is_file()
        read: list[str] = []
        summarise = summaries.summarise

        def counted(file: Path, name: str) -> summaries.AlignmentSummary:
            read.append(name)
            return summarise(file, name)

        monkeypatch.setattr(index, "summarise", counted)
        assert as_person().queue() == before
        assert read == []
        put(tmp_path / "low", 0.95)
        shutil.rmtree(tmp_path / "high")
        assert names(as_person()) == ["low", "case-1/middle"]
        assert read == ["low"]

    @pytest.mark.parametrize("content", [b"", b"{}", b'{"version": 2, "entries": {}}', b"\xff"])
    def test_a_lost_or_damaged_index_is_made_again(
        self, content: bytes, as_person: People, contents: dict[str, str], tmp_path: Path
    ) -> None:
        before = as_person().queue()
        file = tmp_path / "reviews" / "index.json"
        whole = file.read_bytes()
        file.write_bytes(content)
        assert as_person().queue() == before
        assert file.read_bytes() == whole

    def test_a_folder_that_cannot_be_written_is_listed(
        self,
        as_person: People,
        contents: dict[str, str],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def refuse(path: Path) -> Path:
            raise StoreError(f"Cannot write {path}")

        monkeypatch.setattr(index, "atomic_file", refuse)
        assert len(as_person().queue()) == 3
        assert not (tmp_path / "reviews" / "index.json").exists()
