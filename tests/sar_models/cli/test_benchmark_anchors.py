"""The command line of ``benchmark anchors``."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from skimage.io import imsave

from sar_models.synthesis import PairOptions, generate_pair

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Run


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one pair, as the benchmark takes it."""
    folder = tmp_path_factory.mktemp("data")
    made = generate_pair(3, PairOptions(size_px=400))
    assert made.truth is not None
    x = np.linspace(80.0, 320.0, 5)
    points = np.stack(np.meshgrid(x, x), axis=-1).reshape(-1, 2)
    for name, slide, own in (
        ("source", made.source, points),
        ("target", made.target, made.truth.map(points)),
    ):
        imsave(folder / f"{name}.png", slide.image)
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("x", "y"), *own.tolist()])
    with (folder / "pairs.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("pair_id", "source", "target", "source_landmarks", "target_landmarks"))
        writer.writerow(("tissue_a_b", "source.png", "target.png", "source.csv", "target.csv"))
    return folder


def test_table_files_and_figures(run: Run, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = run("benchmark", "anchors", "--data", data, "--out", out)
    assert ended.code == 0
    assert "tissue_a_b" in ended.out
    assert "scene at least as good as sift" in ended.out
    figures = json.loads((out / "anchors.json").read_text())
    assert [each["anchors"] for each in figures["pairs"]] == ["scene", "sift"]
    assert figures["totals"][0]["usable"] == 1
    assert (out / "anchors.png").stat().st_size > 1000
    assert "tissue_a_b" in (out / "anchors.md").read_text()


def test_json_alone(run: Run, data: Path) -> None:
    ended = run("benchmark", "anchors", "--data", data, "--anchors", "sift", "--json")
    assert ended.code == 0
    assert ended.json["duels"] == []
    assert ended.json["pairs"][0]["anchors"] == "sift"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--anchors", "surf"), "Unknown anchors 'surf'"),
        (("--anchors", "aliked"), "--anchor-weights FILE"),
        (("--anchors", "aliked", "--anchor-weights", "none.pth"), "Cannot read 'none.pth'"),
    ],
)
def test_wrong_input(run: Run, data: Path, arguments: tuple[str, ...], told: str) -> None:
    ended = run("benchmark", "anchors", "--data", data, *arguments)
    assert ended.code == 2
    assert told in ended.err
