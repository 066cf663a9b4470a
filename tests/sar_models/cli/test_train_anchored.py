"""``train anchored`` through the command line: in slices, refused, exported."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import cv2
import pytest
from safetensors.torch import load_file

from sar_models.cli.train.anchored import command_of
from sar_models.engine.anchored.pooled import PooledNet

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Run


def test_a_training_in_slices_is_exported(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    out = tmp_path / "training"
    options = ("--form", "pooled", "--steps", 2, "--without", "lgn")
    part = run("train", "anchored", out, *options, "--minutes", 0)
    assert part.code == 0
    assert "1 of 2 steps; the same command goes on." in part.out
    early = run("train", "export", out, tmp_path / "early.safetensors")
    assert early.code == 2
    assert "no best network yet" in early.err

    rest = run("train", "anchored", out, *options, "--json")
    assert (rest.code, rest.json["step"], rest.json["done"]) == (0, 2, True)
    assert 0 <= rest.json["validation"]["found"] <= 1
    picture = cv2.imread(str(out / "curves.png"))
    assert picture is not None
    assert picture.std() > 5
    again = run("train", "anchored", out, *options)
    assert "Nothing to do: all 2 steps were taken before." in again.out

    weights = tmp_path / "own.safetensors"
    exported = run("train", "export", out, weights, "--ship", "--json")
    assert exported.code == 0
    PooledNet().load_state_dict(load_file(weights))
    manifest = json.loads((tmp_path / "manifest.json").read_text())["files"][weights.name]
    command = "sar-align train anchored TRAINING --form pooled --steps 2 --seed 0 --without lgn"
    assert manifest["command"] == command == command_of(manifest["recipe"])
    assert manifest["sha256"] == exported.json["sha256"]
    assert manifest["data"]["coordinates"]["perturbation_px"] == [5.0, 5.0]


def test_what_is_refused(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    refused = run("train", "anchored", tmp_path / "a", "--without", "lgn")
    assert refused.code == 2
    assert "--form pooled" in refused.err
    assert not (tmp_path / "a").exists()
    begun = ("train", "anchored", tmp_path / "b", "--steps", 1, "--form", "pooled")
    assert run(*begun).code == 0
    other = run(*begun, "--seed", 1)
    assert other.code == 2
    assert "begun with recipe.seed 0, not 1" in other.err
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "kept.txt").write_text("mine")
    foreign = run("train", "anchored", tmp_path / "c", "--steps", 1)
    assert foreign.code == 2
    assert (tmp_path / "c" / "kept.txt").read_text() == "mine"
