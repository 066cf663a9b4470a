"""``batch``: many pairs, one command that goes on where it was stopped."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from job_requests import tiny

from sar_models.jobs import EventKind, Queue, State
from sar_models.stores.alignment_folder import read_alignment

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Run

PATTERN = r"(?P<case>[^_]+)_(?P<stain>[^_.]+)"
PAIRED = ("--pattern", PATTERN, "--reference", "HE", "--workers", 1, "--device", "cpu")


def blank(path: Path, shade: int) -> None:
    """A slide of empty glass: it is aligned to nothing, quickly, and with a complete record."""
    tifffile.imwrite(path, np.full((200, 300, 3), shade, np.uint8), photometric="rgb")


@pytest.fixture
def slides(tmp_path: Path) -> Path:
    """Two cases; a file of the second is broken; a slide has no partner."""
    folder = tmp_path / "slides"
    folder.mkdir()
    for shade, name in enumerate(("a_HE", "a_[CD3]", "b_HE", "lonely"), start=240):
        blank(folder / f"{name}.tif", shade)
    (folder / "b_CD3.tif").write_bytes(b"II*\0 broken")
    return folder


@pytest.fixture
def waiting(tmp_path: Path) -> Path:
    """A batch whose pairs have not begun."""
    with Queue.open(tmp_path / "out") as queue:
        for number in range(3):
            request = tiny(number)
            queue.submit(request, entry=request.title)
    return tmp_path / "out"


def test_a_batch_from_beginning_to_end(run: Run, slides: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = run("batch", slides, *PAIRED, "--out", out, "--json")
    assert ended.code == 4, ended.err  # no pair was aligned
    assert ended.json["pairs"] == 2
    assert ended.json["outcomes"] == {"failed": 1, "error": 1}
    assert "left out: lonely.tif: its name does not match" in ended.err
    assert "failed      a_[CD3].tif → a_HE.tif  risk 1.00" in ended.err
    (failed,) = ended.json["failed"]
    assert failed["title"] == "b_CD3.tif → b_HE.tif"
    assert "truncated or damaged" in failed["reason"]
    (folder,) = (out / "pairs").iterdir()
    alignment = read_alignment(folder)
    assert folder.name == f"a__CD3_--a_HE--{alignment.request_id[:12]}"
    assert len(list((out / "failures").rglob("attempt-*.json"))) == 1

    # What was made, to look at and to compute with.
    page = (out / "summary.html").read_text(encoding="utf-8")
    assert f'href="pairs/{folder.name}/report.html"' in page
    assert str(tmp_path) not in page
    with (out / "summary.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["source"], row["outcome"]) for row in rows] == [
        ("b_CD3.tif", "error"),
        ("a_[CD3].tif", "failed"),
    ]
    assert rows[1]["content_sha256"] == alignment.content_sha256
    record = json.loads((out / "summary.json").read_text())
    assert [pair["outcome"] for pair in record["pairs"]] == ["error", "failed"]

    # The same command again computes nothing, and says the same.
    again = run("batch", "run", slides, *PAIRED, "--out", out, "--json")
    assert (again.code, again.json) == (ended.code, ended.json)
    with Queue.open(out, create=False) as queue:
        started = [e for e in queue.events() if e.kind is EventKind.STARTED]
    assert len(started) == 2


def test_what_is_repaired_takes_the_place_of_what_failed(
    run: Run, slides: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run("batch", slides, *PAIRED, "--out", out)
    blank(slides / "b_CD3.tif", 250)
    ended = run("batch", slides, *PAIRED, "--out", out)
    assert ended.code == 4
    assert "2 pairs: 2 failed" in ended.out
    assert "2 done" in run("batch", "status", out).out
    assert run("batch", "retry", out).out.strip() == "Nothing to do."


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "Give either --pairs CSV, or --pattern and --reference"),
        (("--pattern", PATTERN), "Give either --pairs CSV, or --pattern and --reference"),
        (("--pattern", "(", "--reference", "HE"), "is no regular expression"),
        (("--pattern", PATTERN, "--reference", "PAS"), "None of the 5 slides"),
        (("--pairs", "none.csv"), "'none.csv' cannot be read"),
        ((*PAIRED, "--memory", "lots"), "is no amount of memory"),
        ((*PAIRED, "--retries", "-1"), "--retries"),
        ((*PAIRED, "--workers", "0"), "--workers"),
    ],
)
def test_wrong_input_is_told_and_nothing_is_written(
    run: Run, slides: Path, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    ended = run("batch", slides, "--out", tmp_path / "out", *arguments)
    assert ended.code == 2
    assert told in ended.err
    assert not (tmp_path / "out").exists()


def test_a_table_names_its_wrong_line(run: Run, slides: Path, tmp_path: Path) -> None:
    table = tmp_path / "pairs.csv"
    table.write_text("source,target\na_[CD3].tif,a_HE.tif\nmissing.svs,a_HE.tif\n")
    ended = run("batch", slides, "--pairs", table, "--out", tmp_path / "out")
    assert ended.code == 2
    assert "line 3: 'missing.svs' is no slide of the store" in ended.err


def test_a_folder_that_is_not_there_and_a_queue_that_is_not(run: Run, tmp_path: Path) -> None:
    for store, said in ((tmp_path / "nowhere", "is no folder"), ("ftp://x", "Unknown kind")):
        ended = run("batch", store, *PAIRED, "-o", tmp_path / "out")
        assert ended.code == 2
        assert said in ended.err
    for command in ("status", "retry", "cancel", "summary"):
        ended = run("batch", command, tmp_path)
        assert (ended.code, ended.out) == (2, "")
        assert "There is no queue in" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_cancel_and_retry_by_number_and_all(run: Run, waiting: Path) -> None:
    assert "3 pairs: 3 waiting" in run("batch", "status", waiting).out
    ended = run("batch", "cancel", waiting, 2)
    assert "tiny 1" in ended.out
    assert "1 cancelled." in ended.out
    assert run("batch", "cancel", waiting, "--json").json["changed"] == [1, 3]
    status = run("batch", "status", waiting, "--json").json
    assert status["counts"]["cancelled"] == 3
    assert status["open"] == 0
    assert "3 queued again. Run the same batch command" in run("batch", "retry", waiting).out
    with Queue.open(waiting, create=False) as queue:
        assert {job.state for job in queue.jobs()} == {State.QUEUED}
    ended = run("batch", "cancel", waiting, 1, "nonsense")
    assert ended.code == 2
    assert "3 waiting" in run("batch", "status", waiting).out  # not even the first one


def test_only_what_can_be_changed_is_said_to_be(run: Run, waiting: Path) -> None:
    ended = run("batch", "retry", waiting, 1)
    assert ended.code == 2
    assert "Job 1 (tiny 0) is queued. Name only jobs that are cancelled or failed" in ended.err
    assert run("batch", "cancel", waiting, 1).code == 0
    ended = run("batch", "cancel", waiting, 2, 1)
    assert (ended.code, ended.out) == (2, "")
    assert "Job 1 (tiny 0) is cancelled. Name only jobs that are queued or running" in ended.err
    assert "2 waiting, 1 cancelled" in run("batch", "status", waiting).out


def test_a_summary_while_nothing_is_done(run: Run, waiting: Path) -> None:
    assert run("batch", "summary", waiting, "--json").json["outcomes"] == {"open": 3}
    assert "not done yet" in (waiting / "summary.html").read_text(encoding="utf-8")


def test_a_local_queue_for_results_elsewhere(run: Run, slides: Path, tmp_path: Path) -> None:
    out, queue = tmp_path / "share", tmp_path / "local"
    assert run("batch", slides, *PAIRED, "--out", out, "--queue", queue).code == 4
    assert (queue / "queue.sqlite3").is_file()
    assert not list(out.rglob("*.sqlite3*"))
    assert "1 done, 1 failed" in run("batch", "status", out, "--queue", queue).out


def test_a_misspelt_command_is_no_folder(run: Run, slides: Path, tmp_path: Path) -> None:
    ended = run("batch", "stauts", tmp_path)
    assert ended.code == 2
    assert "Did you mean 'status'?" in ended.err
    ended = run("batch", slides, "--out", tmp_path / "out")
    assert ended.code == 2
    assert "It is not said which slides belong together. Give either --pairs" in ended.err


def test_a_folder_without_slides_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ended = run("batch", tmp_path / "empty", *PAIRED, "-o", tmp_path / "out")
    assert ended.code == 2
    assert "There are no slides in" in ended.err
    assert not (tmp_path / "out").exists()
