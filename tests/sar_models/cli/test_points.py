"""``points``: every point gets its status, files appear whole or not at all."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Run


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_points_go_there_and_back(run: Run, aligned: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("x,y\n900,700\n1200,800\n")
    assert run("points", aligned, tmp_path / "in.csv", tmp_path / "there.csv").code == 0
    assert run("points", aligned, tmp_path / "there.csv", tmp_path / "b.csv", "--inverse").code == 0
    back = [(float(row["x"]), float(row["y"])) for row in rows(tmp_path / "b.csv")]
    assert back == [pytest.approx((900, 700), abs=0.01), pytest.approx((1200, 800), abs=0.01)]


def test_what_has_no_counterpart_stays_empty_and_is_counted(
    run: Run, aligned: Path, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("x,y\n900,700\n1900,100\n")
    ended = run("points", aligned, tmp_path / "in.csv", tmp_path / "out.csv", "--json")
    assert ended.code == 3
    assert ended.json["counts"] == {"mapped": 1, "no-counterpart": 1}
    found = rows(tmp_path / "out.csv")
    assert found[0]["status"] == "mapped"
    assert float(found[0]["sigma"]) == 6
    assert (found[1]["x"], found[1]["y"], found[1]["status"]) == ("", "", "no-counterpart")


def test_nothing_placed_is_told_by_the_exit_code(run: Run, aligned: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("x,y\n1900,100\n")
    assert run("points", aligned, tmp_path / "in.csv", tmp_path / "out.csv").code == 4


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "x,y\n1,two\n", "", "x,y\nnan,1\n"])
def test_bad_tables_leave_nothing(run: Run, aligned: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "in.csv").write_text(text)
    ended = run("points", aligned, tmp_path / "in.csv", tmp_path / "out.csv")
    assert ended.code == 2
    assert ended.err.count("Error:") == 1
    assert not (tmp_path / "out.csv").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["aligned", "in.csv"]


def test_a_folder_that_is_no_alignment_is_named(run: Run, tmp_path: Path) -> None:
    ended = run("points", tmp_path, tmp_path / "in.csv", tmp_path / "out.csv")
    assert ended.code == 2
    assert "no alignment folder" in ended.err
