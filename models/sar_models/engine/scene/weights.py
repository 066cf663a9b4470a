"""Weights that ship with the package: trained by us, checked before use."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from safetensors.torch import load

from sar_models.domain.errors import EngineError
from sar_models.engine.scene.network import SarNet

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

SCENE_WEIGHTS = "scene.safetensors"
"""Of the network whose views were whole: it tells stains apart best."""
TORN_SCENE_WEIGHTS = "scene-torn.safetensors"
"""Of the one whose views were torn: it sees the same whatever is missing around."""
MANIFEST_NAME = "manifest.json"
_REMEDY = "Reinstall sar-align."


@dataclass(frozen=True, eq=False)
class Weights:
    """A trained network and the checksum of its file.

    Parameters
    ----------
    network : SarNet
        On the processor, in evaluation mode.
    name : str
        Of the file.
    sha256 : str
        Of the file, as hex.
    """

    network: SarNet
    name: str
    sha256: str


def manifest() -> Mapping[str, Mapping[str, Any]]:
    """Return what ships: file name to checksum, training command, data, seeds and figures.

    Raises
    ------
    EngineError
        If the manifest is missing or damaged.
    """
    try:
        files: dict[str, dict[str, Any]] = json.loads(_shipped(MANIFEST_NAME))["files"]
        return files
    except (ValueError, TypeError, KeyError) as exc:
        raise EngineError(f"{MANIFEST_NAME!r} of the weights is damaged", remedy=_REMEDY) from exc


@cache
def shipped_scene(name: str = SCENE_WEIGHTS) -> Weights:
    """Return a SAR-Net that ships with the package; it is read once.

    Raises
    ------
    EngineError
        If its file is missing or not the one that was shipped.
    """
    expected = manifest().get(name, {}).get("sha256")
    data = _shipped(name)
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise EngineError(
            f"Weights {name!r} have the checksum {found!r}, expected {expected!r}",
            remedy=_REMEDY,
        )
    return Weights(_network(load(data)), name, found)


def shipped_scenes() -> tuple[Weights, ...]:
    """Return the networks that see pieces together: what one mistakes, the other seldom does.

    Raises
    ------
    EngineError
        If a file is missing or not the one that was shipped.
    """
    return shipped_scene(), shipped_scene(TORN_SCENE_WEIGHTS)


def _shipped(name: str) -> bytes:
    try:
        return (resources.files("sar_models.weights") / name).read_bytes()
    except FileNotFoundError as exc:
        raise EngineError(f"{name!r} of the weights is missing", remedy=_REMEDY) from exc


def _network(tensors: Mapping[str, torch.Tensor]) -> SarNet:
    network = SarNet()
    network.load_state_dict({name: value.float() for name, value in tensors.items()})
    return network.eval()
