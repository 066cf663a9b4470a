"""``train`` through the command line, on the smallest tissue and batches."""

from __future__ import annotations

import json
import shutil
import signal
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from safetensors.torch import load_file

from sar_models.cli.train.scene import command_of
from sar_models.engine.scene.network import SarNet
from sar_models.engine.training import loop, recipe
from sar_models.engine.training.history import read_history
from sar_models.engine.training.sampling import Sampler
from sar_models.jobs import training as job
from sar_models.synthesis.stacks import Stack, generated_stack, kept

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Run

pytest.importorskip("matplotlib")

SEEDS = range(1000, 1003)
TILE = 48


@pytest.fixture(scope="module")
def drawn() -> dict[int, Stack]:
    """Generated stacks, drawn once for all tests."""
    return {seed: generated_stack(seed) for seed in SEEDS}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, drawn: dict[int, Stack]) -> None:
    """Train on three stacks, by batches of two, and validate with one batch of one stack."""
    monkeypatch.setattr(job, "GENERATED_SEEDS", SEEDS)
    monkeypatch.setattr(job, "HELD_OUT", 1)
    monkeypatch.setattr(job, "Sampler", partial(Sampler, count=2))
    monkeypatch.setattr(kept, "generated_stack", drawn.__getitem__)
    monkeypatch.setattr(recipe, "Recipe", partial(recipe.Recipe, every=2, validation_batches=1))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Real tissue: one tile of each of two regions, and a slide."""
    folder = tmp_path / "data"
    (folder / "hemit").mkdir(parents=True)
    (folder / "wsi").mkdir()
    rng = np.random.default_rng(0)
    for name in ("a_1", "b_1"):
        he = rng.integers(90, 255, (TILE, TILE, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / "hemit" / f"{name}_he.jpg"), he)
        channels = rng.integers(0, 255, (4 * TILE, TILE), dtype=np.uint8)
        cv2.imwrite(str(folder / "hemit" / f"{name}_mihc.jpg"), channels)
    cv2.imwrite(str(tmp_path / "slide.png"), rng.integers(90, 255, (80, 90, 3), dtype=np.uint8))
    (tmp_path / "slide.png").rename(folder / "wsi" / "s.svs")
    return folder


def test_a_training_in_slices_then_its_weights(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "training"
    first = run("train", "scene", out, "--steps", 3, "--minutes", 0)
    assert first.code == 0
    assert "generated tissue only" in first.err
    assert "1 of 3 steps; the same command goes on" in first.out
    assert not (out / "best.safetensors").exists()

    rest = run("train", "scene", out, "--steps", 3, "--json")
    assert rest.code == 0
    assert "step 3 of 3: scene " in rest.err
    assert rest.json["done"] is True
    assert (rest.json["step"], rest.json["steps"]) == (3, 3)
    assert rest.json["best_step"] in (2, 3)
    assert rest.json["validation"]["structures"] > 0
    for name in ("curves.png", "samples.png"):
        picture = cv2.imread(str(out / name))
        assert picture is not None
        assert picture.std() > 5

    again = run("train", "scene", out, "--steps", 3)
    assert again.code == 0
    assert "Nothing to do: all 3 steps were taken before." in again.out

    weights = tmp_path / "scene.safetensors"
    exported = run("train", "export", out, weights, "--json")
    assert exported.code == 0
    assert exported.json["step"] == rest.json["best_step"]
    assert exported.json["data"]["generated"]["seeds"] == [1000, 1002]
    SarNet().load_state_dict(load_file(weights))
    refused = run("train", "export", out, weights)
    assert refused.code == 2
    assert "exists already" in refused.err
    told = run("train", "export", out, weights, "--overwrite")
    assert f"sha256 {exported.json['sha256']}" in told.out
    assert not (tmp_path / "manifest.json").exists()

    run("train", "export", out, weights, "--overwrite", "--ship")
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (entry,) = manifest["files"].values()
    assert entry.pop("command") == "sar-align train scene TRAINING --steps 3 --seed 0 --torn 0.6"
    assert entry == {name: exported.json[name] for name in entry}
    assert {"sha256", "step", "recipe", "data", "validation"} <= set(entry)


def test_real_tissue_and_a_loss_left_out(run: Run, tmp_path: Path, data: Path) -> None:
    out = tmp_path / "training"
    options = ("--steps", 1, "--without", "cycle", "--without", "scene", "--norm", "batch")
    ended = run("train", "scene", out, "--data", data, *options)
    assert ended.code == 0
    assert "generated tissue only" not in ended.err
    record = json.loads((out / "recipe.json").read_text())
    assert record["data"]["tiles"]["count"] == 2
    assert record["data"]["slides"]["names"] == ["s.svs"]
    assert record["recipe"]["norm"] == "batch"
    assert command_of(record["recipe"], record["data"]) == (
        "sar-align train scene TRAINING --data DATA --steps 1 --seed 0"
        " --norm batch --torn 0.6 --without scene --without cycle"
    )
    (row,) = read_history(out)
    assert set(row["training"]) == {"reconstruction", "alignment", "points", "structures"}

    shutil.copy(data / "hemit" / "a_1_he.jpg", data / "hemit" / "b_1_he.jpg")
    other = run("train", "scene", out, "--data", data, *options)
    assert other.code == 2
    assert "was begun with data.tiles.sha256" in other.err


def test_another_recipe_is_refused(run: Run, tmp_path: Path) -> None:
    command = ("train", "scene", tmp_path / "t", "--steps", 3)
    assert run(*command, "--minutes", 0).code == 0
    for options, told in (
        (("--seed", 1), "recipe.seed 0, not 1"),
        (("--steps", 4), "recipe.steps 3, not 4"),
        (("--without", "alignment"), "recipe.weights.alignment 1.0, not 0.0"),
    ):
        ended = run(*command, *options)
        assert ended.code == 2
        assert told in ended.err


def test_a_folder_of_something_else_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    ended = run("train", "scene", tmp_path)
    assert ended.code == 2
    assert "holds other files, and no training" in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_missing_data_is_told_before_anything_is_written(run: Run, tmp_path: Path) -> None:
    ended = run("train", "scene", tmp_path / "t", "--data", tmp_path / "nowhere")
    assert ended.code == 2
    assert "holds no '*_he.jpg'" in ended.err
    assert not (tmp_path / "t").exists()


def test_two_at_a_time_are_refused(run: Run, tmp_path: Path) -> None:
    from sar_models.stores.lock import lock_file

    run("train", "scene", tmp_path / "t", "--steps", 2, "--minutes", 0)
    with lock_file(tmp_path / "t" / ".lock", "it"):
        ended = run("train", "scene", tmp_path / "t", "--steps", 2)
    assert ended.code == 5
    assert "Somebody else is writing to the training" in ended.err


def test_ctrl_c_keeps_the_last_checkpoint(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance = loop.Training._advance

    def press(training: loop.Training) -> dict[str, float]:
        if training.step == 3:
            signal.raise_signal(signal.SIGINT)
        return advance(training)

    # A shell makes what it runs in the background ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(loop.Training, "_advance", press)
            ended = run("train", "scene", tmp_path / "t", "--steps", 4)
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended.code == 130
    assert "nothing half-written" in ended.err
    assert not [path for path in (tmp_path / "t").rglob("*") if path.name.startswith(".")]
    rest = run("train", "scene", tmp_path / "t", "--steps", 4, "--json")
    assert rest.json["done"] is True
    assert [row["step"] for row in read_history(tmp_path / "t")] == [1, 2, 3, 4]
