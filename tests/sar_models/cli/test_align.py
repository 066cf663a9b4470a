"""``align``: a complete folder for every outcome, nothing at all for bad input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile

from sar_models.stores.alignment_folder import read_alignment
from sar_models.synthesis import GeneratedPair, PairOptions, generate_pair

if TYPE_CHECKING:
    from collections.abc import Callable

    from command_line import Run

ROOT = Path(__file__).parents[3]
SMALL = PairOptions(size_px=480, mpp=8.0, jpeg=False)


@pytest.fixture(scope="module")
def pair() -> GeneratedPair:
    """A small true pair."""
    return generate_pair(3, SMALL)


def save(path: Path, image: np.ndarray, mpp: float | None = 8.0) -> Path:
    """Write a TIFF, with its pixel size if there is one."""
    resolution = {} if mpp is None else {"resolution": (1e4 / mpp,) * 2, "resolutionunit": 3}
    tifffile.imwrite(path, image, photometric="rgb", tile=(256, 256), **resolution)
    return path


@pytest.fixture
def slides(pair: GeneratedPair, tmp_path: Path) -> tuple[Path, Path]:
    """Both slides of the pair as files."""
    return (
        save(tmp_path / "he 'é'.tif", pair.source.image),
        save(tmp_path / "ihc.tif", pair.target.image),
    )


def test_a_pair_becomes_a_folder_that_maps_points_right(
    run: Run, slides: tuple[Path, Path], pair: GeneratedPair, tmp_path: Path
) -> None:
    ended = run("align", *slides, "--out", tmp_path / "out", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["outcome"] == "aligned"
    assert {"risk", "reasons", "request_id", "out", "seconds", "peak_memory_mb"} <= set(ended.json)
    names = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.*")}
    assert {"alignment.json", "transform.safetensors", "report.html"} <= names
    assert {"preview/overlay.jpg", "preview/restained.jpg"} <= names
    alignment = read_alignment(tmp_path / "out")
    found = alignment.map(pair.landmarks).points
    error = np.linalg.norm(found - pair.target_landmarks(), axis=1) / pair.target.size.diagonal
    assert np.nanmedian(error) < 0.01


def test_equal_seeds_give_equal_content(
    run: Run, slides: tuple[Path, Path], tmp_path: Path
) -> None:
    contents = [
        run("align", *slides, "--out", tmp_path / name, "--json", "--seed", 5).json for name in "ab"
    ]
    assert contents[0]["content_sha256"] == contents[1]["content_sha256"]
    assert contents[0]["request_id"] == contents[1]["request_id"]


def test_a_blank_slide_fails_with_a_complete_folder(
    run: Run, slides: tuple[Path, Path], tmp_path: Path
) -> None:
    blank = save(tmp_path / "blank.tif", np.full((400, 500, 3), 243, np.uint8))
    ended = run("align", slides[0], blank, "--out", tmp_path / "out", "--json")
    assert ended.code == 4
    assert ended.json["outcome"] == "failed"
    assert ended.json["failure"]
    assert read_alignment(tmp_path / "out").fragments == ()
    assert "report.html" in {p.name for p in (tmp_path / "out").iterdir()}


def test_an_existing_folder_is_kept(run: Run, slides: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    ended = run("align", *slides, "--out", tmp_path / "out")
    assert ended.code == 2
    assert "--overwrite" in ended.err
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"


def _bad_inputs() -> dict[str, Callable[[Path, Path], Path]]:
    def truncated(path: Path, good: Path) -> Path:
        path.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
        return path

    def text(path: Path, good: Path) -> Path:
        path.write_text("no image")
        return path

    def folder(path: Path, good: Path) -> Path:
        path.mkdir()
        return path

    def lying(path: Path, good: Path) -> Path:
        """A PNG whose header claims 2^31 - 1 pixels a side."""
        header = b"\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\x00\x00\x00"
        path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + header + b"\x00" * 64)
        return path

    return {
        "truncated": truncated,
        "text": text,
        "missing": lambda path, good: path,
        "folder": folder,
        "lying": lying,
    }


@pytest.mark.parametrize("kind", list(_bad_inputs()))
@pytest.mark.parametrize("side", ["source", "target"])
def test_bad_slides_are_refused_with_one_error_and_no_output(
    run: Run, slides: tuple[Path, Path], tmp_path: Path, kind: str, side: str
) -> None:
    bad = _bad_inputs()[kind](tmp_path / f"{kind}.tif", slides[0])
    before = sorted(tmp_path.iterdir())
    inputs = (bad, slides[1]) if side == "source" else (slides[0], bad)
    ended = run("align", *inputs, "--out", tmp_path / "out")
    assert ended.code == 2, ended.err
    assert ended.err.count("Error:") == 1
    assert f"{kind}.tif" in ended.err
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    "options",
    [
        ("--memory", "lots"),
        ("--source-mpp", "0"),
        ("--source-mpp", "a,b"),
        ("--target-roi", "1,2,3"),
        ("--target-roi", "90000,0,10,10"),
        ("--landmarks", "nowhere.csv"),
        ("--parent", "nowhere"),
        ("--seed", "-1"),
    ],
)
def test_impossible_options_are_refused(
    run: Run, slides: tuple[Path, Path], tmp_path: Path, options: tuple[str, str]
) -> None:
    ended = run("align", *slides, "--out", tmp_path / "out", *options)
    assert ended.code == 2, ended.err
    assert not (tmp_path / "out").exists()


def test_landmarks_hold_and_the_parent_is_recorded(
    run: Run, slides: tuple[Path, Path], pair: GeneratedPair, tmp_path: Path
) -> None:
    first = run("align", *slides, "--out", tmp_path / "first", "--json").json
    source = pair.landmarks[:6]
    target = pair.target_landmarks()[:6]
    rows = [",".join(map(str, (*s, *t))) for s, t in zip(source, target, strict=True)]
    text = "\n".join(["source_x,source_y,target_x,target_y", *rows])
    (tmp_path / "l.csv").write_text(text)
    ended = run(
        *("align", *slides, "--out", tmp_path / "second", "--json"),
        *("--landmarks", tmp_path / "l.csv", "--parent", tmp_path / "first"),
    )
    assert ended.code == 0, ended.err
    alignment = read_alignment(tmp_path / "second")
    assert alignment.provenance.parent == first["content_sha256"]
    assert alignment.provenance.landmarks
    assert ended.json["request_id"] != first["request_id"]
    error = np.linalg.norm(alignment.map(source).points - target, axis=1)
    assert error.max() < 4.0


def test_awkward_but_right_input_simply_works(
    run: Run, pair: GeneratedPair, tmp_path: Path
) -> None:
    """16 bit grey against RGBA, no mpp on either side, wrong extension."""
    grey = pair.source.image.mean(axis=-1)
    tifffile.imwrite(tmp_path / "grey.jpg", np.asarray(grey * 257, np.uint16))
    alpha = np.full((*pair.target.image.shape[:2], 1), 255, np.uint8)
    rgba = np.concatenate([pair.target.image, alpha], axis=-1)
    tifffile.imwrite(tmp_path / "rgba.tif", rgba, photometric="rgb", extrasamples=["unassalpha"])
    ended = run(
        "align", tmp_path / "grey.jpg", tmp_path / "rgba.tif", "--out", tmp_path / "o", "--json"
    )
    assert ended.code in (0, 3), ended.err
    found = read_alignment(tmp_path / "o").map(pair.landmarks).points
    error = np.linalg.norm(found - pair.target_landmarks(), axis=1) / pair.target.size.diagonal
    assert np.nanmedian(error) < 0.01


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_kill_leaves_no_half_folder(slides: tuple[Path, Path], tmp_path: Path) -> None:
    """Kill the command at the moment when its first file stands in the temporary folder."""
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "sar_models.cli.main", "align", *map(str, slides), "-o", str(out)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "models"), "OMP_NUM_THREADS": "1"},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not any(tmp_path.glob(".out.partial-*")) and time.monotonic() < deadline:
        if process.poll() is not None:
            break
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if out.exists():  # it was quicker than the signal: then the folder has to be whole
        assert json.loads((out / "alignment.json").read_text())["outcome"]
        read_alignment(out)
    else:
        assert process.returncode == -signal.SIGKILL
