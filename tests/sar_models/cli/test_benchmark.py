"""Every benchmark through the command line, on the smallest data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from skimage.io import imsave

from sar_models.cli.benchmark.shared import jsonable, number, percent
from sar_models.synthesis import GeneratedPair, PairOptions, generate_pair

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Run


@pytest.fixture(scope="module")
def pair() -> GeneratedPair:
    """A small pair that belongs together."""
    return generate_pair(3, PairOptions(size_px=400))


def test_honesty(run: Run) -> None:
    numbers = ("--true", 0, "--wrong", 0, "--two-levels", 0, "--one-pixel", 1)
    ended = run("benchmark", "honesty", *numbers, "--size", 300, "--json")
    assert ended.code == 0
    assert [group["group"] for group in ended.json["groups"]] == ["one pixel"]
    assert [pair["verdict"] for pair in ended.json["pairs"]] == ["right", "right"]
    assert ended.json["pairs"][0]["errors"] is None


def test_honesty_table_names_what_went_wrong(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from sar_models.benchmark.honesty import runner
    from sar_models.benchmark.honesty.verdict import broken

    def all_break(trials: list[Any], workers: int) -> Any:
        for index, trial in enumerate(trials):
            yield index, [broken(trial.group, trial.name, ValueError("on purpose"))]

    monkeypatch.setattr(runner, "try_all", all_break)
    ended = run("benchmark", "honesty", "--true", 2, "--wrong", 4, "--seed", 1)
    assert ended.code == 0
    assert "near-miss" in ended.out
    assert "broken: true, seed 100001: error; ValueError: on purpose" in ended.out


def test_derived(run: Run, pair: GeneratedPair, tmp_path: Path) -> None:
    imsave(tmp_path / "he.png", pair.source.image)
    ended = run("benchmark", "derived", "--data", tmp_path, "--turns", 1, "--json")
    assert ended.code == 0
    (slide,) = ended.json["slides"]
    assert slide["name"] == "he.png"
    assert slide["run"]["outcome"] == "aligned"
    assert slide["within_budget"] is True
    assert slide["errors"]["median_um"] is None
    assert slide["errors"]["median_share"] < 0.01


def test_derived_needs_slides(run: Run, tmp_path: Path) -> None:
    ended = run("benchmark", "derived", "--data", tmp_path)
    assert ended.code == 2
    assert "holds no slide files" in ended.err


def test_scale(run: Run) -> None:
    ended = run("benchmark", "scale", "--megapixels", 1, "--drawn", 500)
    assert ended.code == 0
    (row,) = [line.split() for line in ended.out.splitlines() if line.endswith("aligned ")]
    assert float(row[0]) == pytest.approx(1.0, abs=0.05)


def test_landmarks(run: Run, pair: GeneratedPair, tmp_path: Path) -> None:
    for name, slide, points in (
        ("a", pair.source, pair.landmarks),
        ("b", pair.target, pair.target_landmarks()),
    ):
        imsave(tmp_path / f"{name}.png", slide.image)
        np.savetxt(tmp_path / f"{name}.csv", points, delimiter=",", header="x,y", comments="")
    (tmp_path / "pairs.csv").write_text(
        "pair_id,source,target,source_landmarks,target_landmarks\np,a.png,b.png,a.csv,b.csv\n"
    )
    ended = run("benchmark", "landmarks", "--data", tmp_path, "--turn", "any", "--json")
    assert ended.code == 0
    assert ended.json["total"]["pairs_not_worse"] == 1
    assert ended.json["total"]["worst_median"] < 0.01


def test_figures_are_valid_json_and_short_text() -> None:
    values = jsonable({"a": [float("inf"), 1.5], "b": (float("nan"), "x", None)})
    assert json.loads(json.dumps(values, allow_nan=False)) == {
        "a": [None, 1.5],
        "b": [None, "x", None],
    }
    assert (percent(0.0123), percent(None)) == ("1.23", "–")
    assert (number(1.26), number(None), number(3.4, 0)) == ("1.3", "–", "3")
