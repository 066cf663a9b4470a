"""``sar-align review`` as a person types it, with wrong input too."""

from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING

import builders
import psutil
import pytest
from report_pages import Page

from sar_models.domain.alignment import Outcome, Risk
from sar_models.domain.review import Decision
from sar_models.stores.alignment_folder import write_alignment
from sar_models.stores.reviews import Identity, ReviewLog

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Run

ME = f"os:{psutil.Process().username()}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two alignments, one riskier than the other."""
    monkeypatch.delenv("JUPYTERHUB_API_URL", raising=False)
    folder = tmp_path / "aligned"
    folder.mkdir()
    write_alignment(folder / "safe", builders.make_alignment(risk=Risk(0.1)))
    write_alignment(folder / "risky", builders.make_alignment(Outcome.PARTIAL, risk=Risk(0.8)))
    return folder


def status(run: Run, folder: Path, name: str) -> str:
    found = run("review", "list", folder, "--json").json["alignments"]
    (own,) = [entry["status"] for entry in found if entry["name"] == name]
    return str(own)


def test_list_tells_the_riskiest_first(folder: Path, run: Run) -> None:
    ended = run("review", "list", folder)
    assert ended.code == 0
    assert ended.out.index("risky") < ended.out.index("safe")
    assert "2 alignments: 2 unreviewed" in ended.out
    found = run("review", "list", folder, "--json").json
    assert found["total"] == 2
    assert [entry["name"] for entry in found["alignments"]] == ["risky", "safe"]
    assert not (folder / "reviews").exists(), "listing writes nothing"


def test_every_decision_and_taking_it_back(folder: Path, run: Run) -> None:
    for arguments, expected in (
        (("accept",), "accepted"),
        (("needs-fix", "--reason", "turn it"), "needs-fix"),
        (("reject", "--reason", "mirrored"), "rejected"),
        (("undo",), "needs-fix"),
        (("undo",), "accepted"),
        (("undo",), "unreviewed"),
    ):
        command, *options = arguments
        ended = run("review", command, folder / "risky", *options, "--json")
        assert ended.code == 0, ended.err
        assert ended.json["reviews"][0]["reviewer"] == ME
        assert status(run, folder, "risky") == expected
    ended = run("review", "undo", folder / "risky")
    assert ended.code == 2
    assert "no decision to take back" in ended.err


def test_several_at_once_all_or_none(folder: Path, run: Run) -> None:
    ended = run("review", "accept", folder / "safe", folder / "nowhere")
    assert ended.code == 2
    assert "nowhere" in ended.err
    assert status(run, folder, "safe") == "unreviewed"
    assert run("review", "accept", folder / "safe", folder / "risky").code == 0
    assert run("review", "list", folder, "--json").json["counts"] == {"accepted": 2}


def test_rejecting_needs_a_reason(folder: Path, run: Run) -> None:
    assert run("review", "reject", folder / "safe").code == 2
    ended = run("review", "reject", folder / "safe", "--reason", " ")
    assert ended.code == 2
    assert "needs a reason" in ended.err
    assert status(run, folder, "safe") == "unreviewed"


@pytest.mark.parametrize("named", ["1", "tissue-1"])
def test_one_fragment_by_number_or_name(named: str, folder: Path, run: Run) -> None:
    ended = run("review", "reject", folder / "safe", "--fragment", named, "--reason", "flipped")
    assert ended.code == 0
    (entry,) = run("review", "list", folder, "--find", "safe", "--json").json["alignments"]
    assert entry["status"] == "unreviewed"
    assert entry["fragments"] == {"tissue-1": "reject"}
    assert "tissue-1: rejected" in run("review", "list", folder).out


@pytest.mark.parametrize("named", ["0", "2", "nix"])
def test_an_unknown_fragment_is_named_with_those_that_are(
    named: str, folder: Path, run: Run
) -> None:
    ended = run("review", "accept", folder / "safe", "--fragment", named)
    assert ended.code == 2
    assert "1: tissue-1" in ended.err


def test_a_damaged_alignment_cannot_be_accepted_but_is_listed(folder: Path, run: Run) -> None:
    file = folder / "safe" / "alignment.json"
    file.write_text(file.read_text().replace('"score": 0.1', '"score": 0.7'))
    ended = run("review", "accept", folder / "safe")
    assert ended.code == 2
    assert "differs from what was written" in ended.err
    file.write_text("{")
    ended = run("review", "list", folder)
    assert ended.code == 0
    assert "cannot be read" in ended.out


def test_no_option_takes_a_name(folder: Path, run: Run) -> None:
    for command in ("accept", "reject", "import"):
        assert "--reviewer" not in run("review", command, "--help").out
    assert run("review", "accept", folder / "safe", "--reviewer", "somebody").code == 2


def test_filters(folder: Path, run: Run) -> None:
    run("review", "accept", folder / "safe")

    def names(*options: object) -> list[str]:
        found = run("review", "list", folder, "--json", *options).json["alignments"]
        return [entry["name"] for entry in found]

    assert names("--status", "accepted") == ["safe"]
    assert names("--status", "accepted", "--status", "unreviewed") == ["risky", "safe"]
    assert names("--outcome", "partial") == ["risky"]
    assert names("--max-risk", 0.5) == ["safe"]
    assert names("--todo") == ["risky"]
    assert names("--limit", 1) == ["risky"]
    assert run("review", "list", folder, "--min-risk", 7).code == 2
    ended = run("review", "list", folder, "--status", "rejected")
    assert (ended.code, ended.out.strip()) == (0, "No alignment fits.")


def test_blind_tells_nothing_of_others(folder: Path, run: Run) -> None:
    content = run("review", "list", folder, "--json").json["alignments"][0]["content_sha256"]
    ReviewLog(folder, Identity("ada", "os")).record(content, Decision.REJECT, reason="mirrored")
    assert "mirrored" in run("review", "list", folder).out
    for ended in (
        run("review", "list", folder, "--blind"),
        run("review", "list", folder, "--blind", "--todo", "--json"),
    ):
        assert ended.code == 0
        assert "ada" not in ended.out
        assert "reject" not in ended.out


def test_the_log_of_a_batch_is_found_from_above_and_from_below(
    folder: Path, tmp_path: Path, run: Run
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    shutil.move(folder, out / "pairs")
    assert run("review", "accept", out / "pairs" / "safe").code == 0
    assert run("review", "list", out, "--json").json["counts"] == {"accepted": 1, "unreviewed": 1}
    assert status(run, out / "pairs", "safe") == "accepted"


def test_logs_of_sub_folders_are_told(folder: Path, tmp_path: Path, run: Run) -> None:
    assert run("review", "accept", folder / "safe").code == 0
    ended = run("review", "list", tmp_path)
    assert "aligned has a review log of its own" in ended.err
    assert run("review", "accept", folder / "risky", "--in", tmp_path).code == 0
    assert status(run, tmp_path, "aligned/risky") == "accepted"


def test_export_import_verify(folder: Path, tmp_path: Path, run: Run) -> None:
    run("review", "accept", folder / "safe")
    run("review", "reject", folder / "risky", "--reason", "mirrored")
    for name in ("events.json", "events.csv"):
        ended = run("review", "export", folder, tmp_path / name, "--json")
        assert (ended.code, ended.json["events"]) == (0, 2)
    assert run("review", "export", folder, tmp_path / "events.csv").code == 2
    other = tmp_path / "other"
    other.mkdir()
    ended = run("review", "import", other, tmp_path / "events.csv", "--json")
    assert ended.json == {"recorded": 2, "known": 0, "own": False}
    ended = run("review", "verify", other, "--anchor", tmp_path / "events.json")
    assert ended.code == 0
    assert "nothing is missing that 1 anchor saw" in ended.out
    (file,) = (folder / "reviews").glob("*.jsonl")
    file.write_text(file.read_text().splitlines(keepends=True)[0])
    assert run("review", "verify", folder).code == 0
    ended = run("review", "verify", folder, "--anchor", tmp_path / "events.json", "--json")
    assert ended.code == 2
    assert not ended.json["intact"]
    assert run("review", "import", folder, tmp_path / "events.json").code == 0
    assert run("review", "verify", folder, "--anchor", tmp_path / "events.json").code == 0
    file.write_text(file.read_text().replace("mirrored", "fine"))
    ended = run("review", "verify", folder)
    assert ended.code == 2
    assert f"{file}, line 2: the event was changed" in ended.out


def test_a_table_that_was_filled_in(folder: Path, tmp_path: Path, run: Run) -> None:
    table = tmp_path / "queue.csv"
    assert run("review", "export", folder, table, "--queue").code == 0
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0] |= {"decision": "reject", "reason": "mirrored"}
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    ended = run("review", "import", folder, table)
    assert ended.code == 0
    assert f"1 new decisions of {ME}" in ended.out
    assert status(run, folder, "risky") == "rejected"


@pytest.mark.parametrize("name", ["out.txt", "out"])
def test_an_unknown_format_is_refused(name: str, folder: Path, tmp_path: Path, run: Run) -> None:
    ended = run("review", "export", folder, tmp_path / name)
    assert ended.code == 2
    assert "--format" in ended.err
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("command", ["list", "verify"])
def test_no_such_folder(command: str, tmp_path: Path, run: Run) -> None:
    ended = run("review", command, tmp_path / "nowhere")
    assert ended.code == 2
    assert "no folder" in ended.err


def test_report(folder: Path, tmp_path: Path, run: Run) -> None:
    contents = {
        entry["name"]: entry["content_sha256"]
        for entry in run("review", "list", folder, "--json").json["alignments"]
    }
    ada, bob = (ReviewLog(folder, Identity(name, "os")) for name in ("ada", "bob"))
    ada.record(contents["risky"], Decision.REJECT, reason="<script>alert(1)</script>")
    bob.record(contents["risky"], Decision.ACCEPT)
    ada.record(contents["safe"], Decision.NEEDS_FIX, fragment="tissue-1")
    out = tmp_path / "review.html"
    ended = run("review", "report", folder, out, "--json")
    assert ended.code == 0
    assert ended.json == {"out": str(out), "alignments": 2, "reviewed": 1}
    html = out.read_text(encoding="utf-8")
    page = Page(html)
    for told in ("1 of 2 alignments reviewed", "Reviewers disagree", "os:ada and os:bob", "0.00"):
        assert told in page.text
    assert "<script" not in html
    assert "http" not in html.replace("http-equiv", "").replace("xmlns", "")
    assert run("review", "report", folder, out).code == 2
    (file,) = (folder / "reviews").glob("os-bob*.jsonl")
    file.write_text(file.read_text().replace("accept", "reject"))
    assert run("review", "report", folder, out, "--overwrite").code == 0
    assert "The log was changed" in Page(out.read_text(encoding="utf-8")).text
    assert json.loads(file.read_text())["decision"] == "reject"
