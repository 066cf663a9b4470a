"""Export and import: lossless, idempotent, and nothing changed comes in."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest

from sar_models.domain.errors import InputError, RecordError, UnknownVersionError
from sar_models.domain.review import Decision, ReviewStatus
from sar_models.stores.alignment_folder import write_alignment
from sar_models.stores.reviews import export_events, export_queue, import_reviews

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sar_models.domain.alignment import Alignment
    from sar_models.stores.reviews import ReviewLog

    People = Callable[..., ReviewLog]

A, B, C = "a" * 64, "b" * 64, "c" * 64
ACCEPT, REJECT, FIX = Decision.ACCEPT, Decision.REJECT, Decision.NEEDS_FIX
ODD = "=SUM(A1); 'quoted', \"twice\"\r\nand a line, µ"


@pytest.fixture
def there(tmp_path: Path) -> Path:
    folder = tmp_path / "there"
    folder.mkdir()
    return folder


def hashes(log: ReviewLog) -> list[str]:
    return sorted(event.sha256 for event in log.events())


@pytest.mark.parametrize("form", ["json", "csv"])
def test_events_travel_whole_and_once(
    form: str, as_person: People, there: Path, tmp_path: Path
) -> None:
    here = as_person("ada")
    here.record(A, ACCEPT, comment=ODD)
    here.record(A, REJECT, fragment="piece-1", reason="'tis mirrored", comment="-1")
    as_person("bob").record(A, FIX)
    here.undo(A)
    assert export_events(here, tmp_path / f"e.{form}", form) == 4  # type: ignore[arg-type]
    other = as_person("eve", there)
    imported = import_reviews(other, tmp_path / f"e.{form}")
    assert (imported.recorded, imported.known, imported.own) == (4, 0, False)
    assert hashes(other) == hashes(here)
    assert other.of("os:ada")[0].comment == ODD
    assert other.verify() == []
    files = {f.path.name: f.path.read_bytes() for f in other.files()}
    again = import_reviews(other, tmp_path / f"e.{form}")
    assert (again.recorded, again.known) == (0, 4)
    assert {f.path.name: f.path.read_bytes() for f in other.files()} == files


def test_no_cell_is_a_formula(as_person: People, tmp_path: Path) -> None:
    log = as_person("ada")
    log.record(A, REJECT, reason='=cmd|"/c calc"!A0', comment="@now")
    export_events(log, tmp_path / "e.csv", "csv")
    with (tmp_path / "e.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert not [cell for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_a_reviewer_who_worked_on_two_copies_loses_nothing(
    as_person: People, there: Path, tmp_path: Path
) -> None:
    here, away = as_person("ada"), as_person("ada", there)
    here.record(A, ACCEPT)
    export_events(here, tmp_path / "e.json", "json")
    import_reviews(away, tmp_path / "e.json")
    here.record(B, ACCEPT)
    away.record(C, REJECT, reason="fold")
    away.record(A, FIX)
    for source, target in ((away, here), (here, away), (away, here)):
        export_events(source, tmp_path / "e.json", "json")
        import_reviews(target, tmp_path / "e.json")
    assert hashes(here) == hashes(away)
    assert len(here.events()) == 4
    assert len(here.files()) == 2
    assert here.verify() == away.verify() == []
    assert here.state().status(A) is ReviewStatus.NEEDS_FIX
    here.undo(A)
    assert here.state().status(A) is ReviewStatus.ACCEPTED
    assert here.verify() == []


def test_what_was_changed_is_not_imported_at_all(
    as_person: People, there: Path, tmp_path: Path
) -> None:
    here, other = as_person("ada"), as_person("eve", there)
    here.record(A, ACCEPT)
    here.record(B, REJECT, reason="fold")
    export = tmp_path / "e.json"
    export_events(here, export, "json")
    whole = json.loads(export.read_text())
    first, second = whole["events"]
    for events, message in (
        ([first, second | {"reason": "none"}], r"Event 2 .* was changed"),
        ([second], r"Event 1 .* does not follow"),
        ([first, {"decision": "accept"}], r"Event 2 .* no review event"),
        ([first, second | {"vote": 1}], "vote"),
    ):
        export.write_text(json.dumps(whole | {"events": events}))
        with pytest.raises(RecordError, match=message):
            import_reviews(other, export)
    export.write_text(json.dumps(whole | {"schema_version": 2}))
    with pytest.raises(UnknownVersionError):
        import_reviews(other, export)
    assert other.events() == []


@pytest.mark.parametrize("content", ["", "{", "[]", "x,y\n1,2\n", '{"kind": 1}', "\0\0"])
def test_other_files_are_refused(content: str, as_person: People, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(content)
    with pytest.raises(RecordError):
        import_reviews(as_person(), tmp_path / "file")
    (tmp_path / "file").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(InputError):
        import_reviews(as_person(), tmp_path / "file")


class TestFilledTable:
    """A table of the queue in which a person wrote decisions."""

    @pytest.fixture
    def content(self, tmp_path: Path, make_alignment: Callable[..., Alignment]) -> str:
        alignment = make_alignment()
        write_alignment(tmp_path / "pair", alignment)
        return alignment.content_sha256

    def fill(self, log: ReviewLog, **cells: str) -> Path:
        path = log.folder / "queue.csv"
        assert export_queue(log.queue(), path) == 1
        with path.open(encoding="utf-8-sig", newline="") as file:
            (row,) = csv.DictReader(file)
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            table = csv.DictWriter(file, row)
            table.writeheader()
            table.writerow(row | cells)
        return path

    def test_decisions_are_recorded_in_the_name_of_whoever_imports(
        self, as_person: People, content: str
    ) -> None:
        bob = as_person("bob")
        path = self.fill(bob, decision="Reject", reason="mirrored")
        imported = import_reviews(bob, path)
        assert (imported.recorded, imported.own) == (1, True)
        (review,) = bob.state().reviews(content)
        assert (review.reviewer, review.reason) == ("os:bob", "mirrored")
        assert import_reviews(bob, path).recorded == 0

    def test_rows_without_a_decision_are_left(self, as_person: People, content: str) -> None:
        log = as_person()
        assert import_reviews(log, self.fill(log)).recorded == 0

    @pytest.mark.parametrize(
        ("cells", "message"),
        [
            ({"decision": "maybe"}, r"row 2: unknown decision 'maybe'"),
            ({"decision": "undo"}, r"row 2: .* cannot take decisions back"),
            ({"decision": "reject"}, r"row 2: .* needs a reason"),
            ({"decision": "accept", "content_sha256": "f00"}, r"row 2: .* 'f00'"),
        ],
    )
    def test_wrong_rows_are_named_and_nothing_is_recorded(
        self, cells: dict[str, str], message: str, as_person: People, content: str
    ) -> None:
        log = as_person()
        with pytest.raises(RecordError, match=message):
            import_reviews(log, self.fill(log, **cells))
        assert log.events() == []
