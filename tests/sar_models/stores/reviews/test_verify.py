"""A log that was changed, reordered or cut is found, with file, line and what is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sar_models.domain.errors import InputError, RecordError
from sar_models.domain.records import review_from_record, review_to_record
from sar_models.domain.review import Decision
from sar_models.stores.reviews import export_events, read_anchor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sar_models.stores.reviews import Finding, ReviewLog

    People = Callable[..., ReviewLog]


@pytest.fixture
def log(as_person: People) -> ReviewLog:
    """A log of five events by ada and one by bob."""
    ada = as_person("ada")
    for number in range(5):
        ada.record(f"{number}" * 64, Decision.REJECT, reason=f"reason {number}")
    as_person("bob").record("0" * 64, Decision.ACCEPT)
    return ada


@pytest.fixture
def file(log: ReviewLog) -> Path:
    """Ada's file."""
    return log.files_of("os:ada")[0].path


def told(findings: list[Finding]) -> list[tuple[int | None, str]]:
    return [(finding.line, finding.problem) for finding in findings]


def edit(file: Path, act: Callable[[list[str]], list[str]]) -> None:
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(act(lines)))


def test_nothing_is_wrong_with_an_untouched_log(log: ReviewLog, file: Path) -> None:
    assert file.name.startswith("os-ada-")
    assert log.verify() == []


@pytest.mark.parametrize("line", [1, 3, 5])
def test_a_changed_line_is_named(line: int, log: ReviewLog, file: Path) -> None:
    edit(file, lambda lines: [s.replace(f"reason {line - 1}", "none") for s in lines])
    (finding,) = log.verify()
    assert (finding.file, finding.line) == (str(file), line)
    assert "was changed" in finding.problem
    assert not finding.harmless


def test_a_changed_line_with_a_hash_made_anew_shows_at_the_next(log: ReviewLog, file: Path) -> None:
    def forge(lines: list[str]) -> list[str]:
        record = json.loads(lines[1]) | {"decision": "accept"}
        review, _ = review_from_record(record)
        return [lines[0], json.dumps(review_to_record(review)) + "\n", *lines[2:]]

    edit(file, forge)
    assert [(f.line, "does not follow" in f.problem) for f in log.verify()] == [(3, True)]


def test_reordered_lines(log: ReviewLog, file: Path) -> None:
    edit(file, lambda lines: [lines[0], lines[2], lines[1], *lines[3:]])
    assert {f.line for f in log.verify()} == {2, 3, 4}


@pytest.mark.parametrize(("cut", "line"), [(0, 1), (2, 3)])
def test_a_line_taken_out(cut: int, line: int, log: ReviewLog, file: Path) -> None:
    edit(file, lambda lines: lines[:cut] + lines[cut + 1 :])
    assert [(f.line, "removed" in f.problem) for f in log.verify()] == [(line, True)]


def test_a_line_put_in(log: ReviewLog, file: Path) -> None:
    edit(file, lambda lines: [*lines[:2], lines[0], *lines[2:]])
    assert [f.line for f in log.verify()] == [3, 4]


@pytest.mark.parametrize("line", [2, 5])
def test_a_line_made_unreadable(line: int, log: ReviewLog, file: Path) -> None:
    edit(file, lambda lines: [*lines[: line - 1], "garbage\n", *lines[line:]])
    found = told(log.verify())
    assert found[0][0] == line
    assert "damaged" in found[0][1]
    assert not any(finding.harmless for finding in log.verify())


def test_another_persons_events_in_a_file(log: ReviewLog, file: Path) -> None:
    (theirs,) = log.files_of("os:bob")
    file.write_bytes(file.read_bytes() + theirs.path.read_bytes())
    assert any("an event of 'os:bob'" in problem for _, problem in told(log.verify()))


def test_a_renamed_file(log: ReviewLog, file: Path) -> None:
    file.rename(file.with_name("os-bob-00000000.jsonl"))
    assert any("renamed" in problem for _, problem in told(log.verify()))


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_cut_end_is_found_by_an_export(form: str, log: ReviewLog, file: Path) -> None:
    export = log.folder / f"before.{form}"
    export_events(log, export, form)  # type: ignore[arg-type]  # parametrised
    anchor = read_anchor(export)
    assert log.verify([anchor]) == []
    log.record("9" * 64, Decision.ACCEPT)
    assert log.verify([anchor]) == []
    edit(file, lambda lines: lines[:3])
    assert log.verify() == [], "a chain alone cannot tell"
    (finding,) = log.verify([anchor])
    assert finding.file == str(export)
    assert "'os:ada' lacks the event" in finding.problem
    file.unlink()
    (finding,) = log.verify([anchor])
    assert "the log of 'os:ada' is gone" in finding.problem


def test_a_file_without_an_anchor_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Cannot read"):
        read_anchor(tmp_path / "nowhere.json")
    for content in ('{"kind": "else"}', "{", "a,b\n1,2\n", ""):
        (tmp_path / "file").write_text(content)
        with pytest.raises(RecordError, match="no anchor"):
            read_anchor(tmp_path / "file")
