"""The weights that ship: whole, and no others."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

import pytest
import torch

from sar_models.domain.errors import EngineError
from sar_models.engine.scene import weights
from sar_models.engine.scene.weights import (
    MANIFEST_NAME,
    SCENE_WEIGHTS,
    TORN_SCENE_WEIGHTS,
    manifest,
    shipped_scene,
    shipped_scenes,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what ships, to break; it is read instead, and anew every time."""
    shipped = resources.files("sar_models.weights")
    for name in (MANIFEST_NAME, SCENE_WEIGHTS):
        (tmp_path / name).write_bytes((shipped / name).read_bytes())
    monkeypatch.setattr(weights.resources, "files", {"sar_models.weights": tmp_path}.__getitem__)
    monkeypatch.setattr(weights, "shipped_scene", shipped_scene.__wrapped__)
    return tmp_path


@pytest.mark.parametrize("name", [SCENE_WEIGHTS, TORN_SCENE_WEIGHTS])
def test_what_ships_is_what_the_manifest_says(name: str) -> None:
    scene = shipped_scene(name)
    assert scene.name == name
    assert scene.sha256 == manifest()[name]["sha256"]
    assert not scene.network.training
    assert all(value.dtype == torch.float32 for value in scene.network.parameters())
    assert all(value.isfinite().all() for value in scene.network.parameters())


def test_it_is_read_once() -> None:
    assert shipped_scene() is shipped_scene()


def test_pieces_are_seen_by_networks_that_learned_from_other_views() -> None:
    whole, torn = shipped_scenes()
    recipes = [manifest()[scene.name]["recipe"] for scene in (whole, torn)]
    assert recipes[0]["torn"] == 0.0
    assert recipes[1]["torn"] > 0.0


def test_a_copy_is_as_good(package: Path) -> None:
    assert weights.shipped_scene().sha256 == shipped_scene().sha256


def test_a_changed_file_is_refused(package: Path) -> None:
    data = bytearray((package / SCENE_WEIGHTS).read_bytes())
    data[-1] ^= 1
    (package / SCENE_WEIGHTS).write_bytes(data)
    with pytest.raises(EngineError, match=r"'scene\.safetensors' have the checksum") as told:
        weights.shipped_scene()
    assert shipped_scene().sha256 in str(told.value)
    assert "Reinstall sar-align." in str(told.value)


@pytest.mark.parametrize("name", [MANIFEST_NAME, SCENE_WEIGHTS])
def test_a_missing_file_is_named(package: Path, name: str) -> None:
    (package / name).unlink()
    with pytest.raises(EngineError, match=f"{name!r} of the weights is missing"):
        weights.shipped_scene()


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_damaged_manifest_is_told(package: Path, text: str) -> None:
    (package / MANIFEST_NAME).write_text(text)
    with pytest.raises(EngineError, match="is damaged"):
        weights.shipped_scene()


def test_weights_that_the_manifest_does_not_know_are_refused(package: Path) -> None:
    (package / MANIFEST_NAME).write_text(json.dumps({"version": 1, "files": {}}))
    with pytest.raises(EngineError, match="expected None"):
        weights.shipped_scene()
