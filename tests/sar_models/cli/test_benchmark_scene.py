"""``benchmark disentanglement | shift | ablation`` through the command line, on little tissue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from sar_models.benchmark.scene import ablation, shift, variants
from sar_models.benchmark.scene.registering import LOST, PairError
from sar_models.jobs import training as job
from sar_models.synthesis import PairOptions
from sar_models.synthesis.stacks import Stack, generated_stack, kept

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from command_line import Run

pytest.importorskip("matplotlib")

SEEDS = range(1000, 1003)


@pytest.fixture(scope="module")
def drawn() -> dict[int, Stack]:
    """Generated stacks, drawn once for all tests."""
    return {seed: generated_stack(seed) for seed in SEEDS}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, drawn: dict[int, Stack]) -> None:
    """Three stacks, of which one is held out; batches of two."""
    monkeypatch.setattr(job, "GENERATED_SEEDS", SEEDS)
    monkeypatch.setattr(job, "HELD_OUT", 1)
    monkeypatch.setattr(kept, "generated_stack", drawn.__getitem__)
    monkeypatch.setattr(variants, "PAIRS_IN_BATCH", 2)
    monkeypatch.setattr(variants, "_VALIDATION_BATCHES", 1)
    monkeypatch.setattr(ablation, "_COMMON_BATCHES", 1)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run jobs in this process, on small pairs; strong changes are lost."""

    def run_here(jobs: Sequence[Any], workers: int) -> Iterator[tuple[int, Any, Any]]:
        del workers
        for index, work in enumerate(jobs):
            yield index, work.run(), None

    def register(channel: str, network: object, pair: object, image: np.ndarray) -> PairError:
        del network, pair
        blurred = float(np.abs(np.diff(image.astype(int), axis=0)).mean()) < 1.5
        return PairError(LOST, LOST) if blurred and channel != "scene" else PairError(0.01, 0.002)

    monkeypatch.setattr(shift, "run_all", run_here)
    monkeypatch.setattr(shift, "register_by", register)
    monkeypatch.setattr(shift, "_PAIR", PairOptions(size_px=160, mpp=16.0, jpeg=False))


@pytest.mark.usefixtures("here")
def test_the_command_writes_figures_a_table_and_plots(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    out = tmp_path / "shift"
    ended = run("benchmark", "shift", "--pairs", 3, "--kind", "blur", "--out", out, "--json")
    assert ended.code == 0, ended.err
    assert {p.name for p in out.iterdir()} == {
        "shift.json",
        "shift.md",
        "shift.csv",
        "shift.png",
        "changes.png",
    }
    assert len((out / "shift.csv").read_text().splitlines()) == 1 + 3 * 3 * 5
    kept = json.loads((out / "shift.json").read_text())
    assert kept["points"] == ended.json["points"]
    by_channel = {p["channel"]: p["found"]["value"] for p in kept["points"] if p["strength"] == 1}
    assert by_channel == {"scene": 1.0, "haematoxylin": 0.0, "density": 0.0}
    assert (out / "shift.md").read_text().startswith("| change")
    picture = cv2.imread(str(out / "shift.png"))
    assert picture is not None
    assert picture.std() > 10


def test_wrong_options_are_told_before_any_work(run: Run, tmp_path: Path) -> None:
    wrong = run("benchmark", "shift", "--kind", "bleach")
    assert (wrong.code, "gamma, histogram" in wrong.err) == (2, True)
    missing = run("benchmark", "shift", "--training", tmp_path / "none")
    assert (missing.code, "holds no training" in missing.err) == (2, True)


@pytest.mark.usefixtures("small")
def test_disentanglement_is_written_with_its_bars(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = run("benchmark", "disentanglement", "--batches", 2, "--out", out, "--json")
    assert ended.code == 0, ended.err
    assert ended.json["bars"] == {"shift_px": 0.5, "stain_reduced": 0.7, "ratio": 1.0}
    assert set(ended.json["holds"]) == set(ended.json["bars"])
    kept_figures = json.loads((out / "disentanglement.json").read_text())
    assert len(kept_figures["places"]) == ended.json["ratio"]["count"]
    names = {p.name for p in out.iterdir()}
    assert {"disentanglement.md", "disentanglement.png", "places.png"} <= names
    again = run("benchmark", "disentanglement", "--batches", 2)
    assert f"{ended.json['ratio']['value']:.3f}" in again.out


@pytest.mark.slow
@pytest.mark.usefixtures("small", "here")
def test_an_ablation_goes_on_where_it_is(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "ablation"
    ended = run("benchmark", "ablation", out, "--steps", 2, "--seeds", 1, "--pairs", 1, "--json")
    assert ended.code == 0, ended.err
    names = [own["variant"] for own in ended.json["variants"]]
    assert names == list(variants.VARIANTS)
    full = ended.json["variants"][0]
    assert set(full["against_full"]) == {"neighbour_ratio", *full["figures"]}
    assert all(each["value"] == 0 for each in full["against_full"].values())
    # One seed has no interval.
    assert full["figures"]["structures"]["low"] is None
    ratios = {own["figures"]["neighbour_ratio"]["value"] for own in ended.json["variants"]}
    assert len(ratios) == len(names)
    recipes = {p.parent.name: json.loads(p.read_text()) for p in out.glob("*/recipe.json")}
    assert recipes["without-scene-0"]["recipe"]["weights"]["scene"] == 0
    assert recipes["batch-norm-0"]["recipe"]["norm"] == "batch"
    for name in ("ablation", "scene-distance", "rising", "scenes"):
        picture = cv2.imread(str(out / f"{name}.png"))
        assert picture is not None
        assert picture.std() > 5

    written = {p: p.stat().st_mtime_ns for p in out.glob("*-0/[bf]*")}
    again = run("benchmark", "ablation", out, "--steps", 2, "--seeds", 1, "--pairs", 1, "--json")
    assert again.json == ended.json
    assert {p: p.stat().st_mtime_ns for p in out.glob("*-0/[bf]*")} == written
    other = run("benchmark", "ablation", out, "--steps", 3, "--seeds", 1)
    assert other.code == 2
    assert "was begun with recipe.every" in other.err or "recipe.steps" in other.err


def test_an_output_that_is_a_file_is_refused(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    for arguments in (("ablation", path), ("shift", "-o", path), ("disentanglement", "-o", path)):
        ended = run("benchmark", *arguments)
        assert ended.code == 2
        assert "is a file" in ended.err
