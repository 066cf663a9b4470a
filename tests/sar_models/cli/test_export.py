"""``export``: what it prints, its exit codes, and nothing left behind when it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import export_scenes as scenes
import pytest

from sar_models.domain.alignment import failed_alignment
from sar_models.stores.alignment_folder import write_alignment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_line import Run

    from sar_models.domain.alignment import Alignment


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[Alignment], Path]:
    """Return a function that writes an alignment folder."""

    def write(alignment: Alignment) -> Path:
        write_alignment(tmp_path / "aligned", alignment)
        return tmp_path / "aligned"

    return write


def test_direction_frames_units_and_error_are_printed(
    run: Run, folder: Callable[[Alignment], Path], tmp_path: Path
) -> None:
    ended = run("export", folder(scenes.bent_alignment()), "--format", "itk", tmp_path / "warp.h5")
    assert ended.code == 0
    assert "maps points of the target slide 'ihc' to the source slide 'he'" in ended.out
    assert (
        "in: mm, (0, 0) is the centre of the first pixel, frame file of 44000 x 36000" in ended.out
    )
    assert "a pixel is 0.0005 x 0.00022 mm" in ended.out
    assert "95 % of the tissue within" in ended.out
    assert "alignment: aligned, risk 0.20" in ended.out
    assert "Resample he onto ihc" in ended.out
    beside = json.loads((tmp_path / "warp.itk.about.json").read_bytes())
    assert beside["direction"] == "source_from_target"
    assert beside["from"]["slide"] == "ihc"


def test_an_exact_export_says_so(
    run: Run, folder: Callable[[Alignment], Path], tmp_path: Path
) -> None:
    ended = run("export", folder(scenes.alignment()), tmp_path / "a.txt", "--format", "qupath")
    assert ended.code == 0
    assert "whole: exact (affine)" in ended.out


def test_json_has_what_programs_need(
    run: Run, folder: Callable[[Alignment], Path], tmp_path: Path
) -> None:
    aligned = folder(scenes.torn_alignment())
    ended = run("export", aligned, tmp_path / "f.npz", "--format", "field", "--json")
    (one,) = ended.json["files"]
    assert one["pieces"] == ["piece-1", "piece-2", "piece-3"]
    assert one["direction"] == "target_from_source"
    assert {"max_px", "p95_px", "max_um", "p95_um", "lost_share"} <= set(one["error_over_tissue"])
    assert one["from"]["units"] == "px"


@pytest.mark.parametrize("alignment", [scenes.torn_alignment(), scenes.alignment()])
def test_the_field_tells_what_it_leaves_empty(
    run: Run, folder: Callable[[Alignment], Path], tmp_path: Path, alignment: Alignment
) -> None:
    ended = run("export", folder(alignment), tmp_path / "f.npz", "-f", "field")
    assert "% of tissue with a counterpart, a value for 0.0% of tissue without" in ended.out


def test_a_failed_alignment_ends_in_4(
    run: Run, folder: Callable[[Alignment], Path], tmp_path: Path
) -> None:
    aligned = folder(failed_alignment(scenes.pair(), "Blank slide.", ()))
    ended = run("export", aligned, tmp_path / "a.h5", "--format", "itk")
    assert ended.code == 4
    assert ended.err.count("Error:") == 1
    assert "Blank slide" in ended.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("a.h5", "--format", "itk"), "--fragment"),
        (("a.h5", "--format", "itk", "--fragment", "9"), "no piece '9'"),
        (("a.txt", "--format", "qupath", "--fragment", "2"), "tolerance"),
        (("a.txt", "--format", "itk"), ".h5 or .tfm"),
        (("a.json", "--format", "warpy", "--units", "mm"), "counts in px"),
        (("a.json", "--format", "warpy", "--tolerance", "0"), "impossible"),
        (("missing/a.json", "--format", "warpy"), "Cannot write"),
        (("a.json", "--format", "word"), "word"),
        (("a.json",), "--format"),
    ],
)
def test_wrong_input_ends_in_2_and_leaves_nothing(
    run: Run,
    folder: Callable[[Alignment], Path],
    tmp_path: Path,
    arguments: tuple[str, ...],
    told: str,
) -> None:
    aligned = folder(scenes.torn_alignment())
    if "missing/a.json" in arguments:
        arguments = (*arguments, "--fragment", "1")
    ended = run("export", aligned, tmp_path / arguments[0], *arguments[1:])
    assert ended.code == 2
    assert told in ended.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["aligned"]


def test_a_folder_that_is_no_alignment_is_named(run: Run, tmp_path: Path) -> None:
    ended = run("export", tmp_path, tmp_path / "a.h5", "--format", "itk")
    assert ended.code == 2
    assert "no alignment folder" in ended.err
