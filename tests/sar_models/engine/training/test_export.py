"""Weights to ship."""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from sar_models.domain.errors import InputError
from sar_models.engine.scene.network import SarNet
from sar_models.engine.training.checkpoint import BEST_NAME, load_network
from sar_models.engine.training.export import NOTES_KEY, export_weights
from sar_models.engine.training.loop import Training
from sar_models.engine.training.recipe import Recipe, begin

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.engine.training.sampling import Sampler

RECIPE = Recipe(steps=1, validation_batches=1)


@pytest.fixture
def trained(tmp_path: Path, sampler: Sampler, validation: Sampler) -> Path:
    """The folder of a training of one step."""
    begin(tmp_path / "training", RECIPE, {"generated": {"seeds": [1, 2]}})
    training = Training(tmp_path / "training", sampler, validation, RECIPE)
    training.run(math.inf, lambda step, losses: None)
    return training.folder


def test_the_best_network_in_half_precision(trained: Path, tmp_path: Path) -> None:
    export_weights(trained, tmp_path / "a.safetensors")
    tensors = load_file(tmp_path / "a.safetensors")
    assert {value.dtype for value in tensors.values()} == {torch.float16}
    shipped, best = SarNet(), SarNet()
    shipped.load_state_dict({name: value.float() for name, value in tensors.items()})
    load_network(trained / BEST_NAME, best)
    for one, other in zip(shipped.parameters(), best.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-6)


def test_notes_say_what_the_weights_are(trained: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    notes = export_weights(trained, path)
    with safe_open(path, "pt") as stored:
        inside = json.loads(stored.metadata()[NOTES_KEY])
    assert notes == inside | {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    assert inside["step"] == 1
    assert inside["recipe"]["seed"] == 0
    assert inside["data"] == {"generated": {"seeds": [1, 2]}}
    assert inside["validation"]["structures"] > 0


def test_equal_weights_are_equal_files(trained: Path, tmp_path: Path) -> None:
    one, other = (export_weights(trained, tmp_path / name) for name in ("a", "b"))
    assert one["sha256"] == other["sha256"]


def test_there_has_to_be_a_best_network(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no training"):
        export_weights(tmp_path, tmp_path / "a.safetensors")
    begin(tmp_path, RECIPE, {})
    with pytest.raises(InputError, match="no best network yet"):
        export_weights(tmp_path, tmp_path / "a.safetensors")
    assert not (tmp_path / "a.safetensors").exists()
