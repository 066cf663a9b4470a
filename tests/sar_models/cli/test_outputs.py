"""What is there already is replaced only on request, and never if it is something else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sar_models.stores.alignment_folder import read_alignment

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Features, Run


def test_overwrite_replaces_neither_a_slide_nor_a_folder_of_other_files(
    run: Run, tmp_path: Path
) -> None:
    slide = tmp_path / "slides" / "he.svs"
    slide.parent.mkdir()
    slide.write_text("pixels")
    for out in (slide, slide.parent):
        ended = run("align", slide, slide, "--out", out, "--overwrite")
        assert ended.code == 2
        assert "is not replaced" in ended.err
        assert slide.read_text() == "pixels"


def test_a_missing_parent_folder_is_told_before_slides_are_opened(run: Run, tmp_path: Path) -> None:
    ended = run("align", "no.svs", "no.svs", "--out", tmp_path / "nowhere" / "out")
    assert ended.code == 2
    assert "nowhere" in ended.err
    assert "opening" not in ended.err


@pytest.mark.parametrize("name", ["transfer", "points"])
def test_results_of_people_stay_unless_told_otherwise(
    run: Run, aligned: Path, tmp_path: Path, square: Features, name: str
) -> None:
    given, mine = tmp_path / "in", tmp_path / "mine"
    given.write_text("x,y\n900,700\n" if name == "points" else json.dumps(square(800, 600)))
    mine.write_text("drawn by hand")
    ended = run(name, aligned, given, mine)
    assert ended.code == 2
    assert "--overwrite" in ended.err
    assert mine.read_text() == "drawn by hand"
    assert run(name, aligned, given, aligned).code == 2
    assert read_alignment(aligned).fragments
    assert run(name, aligned, given, mine, "--overwrite").code == 0
    assert mine.read_text() != "drawn by hand"


def test_objects_of_one_fate_are_told_in_one_line(
    run: Run, aligned: Path, tmp_path: Path, square: Features
) -> None:
    cells = [square(800 + 9 * k, 600, 5, objectType="detection", name=f"c{k}") for k in range(30)]
    (tmp_path / "in").write_text(json.dumps({"type": "FeatureCollection", "features": cells}))
    ended = run("transfer", aligned, tmp_path / "in", tmp_path / "out")
    assert ended.code == 4
    assert "c0, c1, c2 and 27 more" in ended.out
    assert ended.out.count("refused") == 2  # the count, and the one line


def test_an_existing_file_is_no_place_for_a_demo(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    ended = run("demo", "--out", tmp_path / "out", "--overwrite", "--no-open")
    assert ended.code == 2
    assert (tmp_path / "out").read_text() == "mine"
