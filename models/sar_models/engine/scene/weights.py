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
_MANIFEST = "manifest.json"


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
    """Return what ships: file name to checksum, training command, data, seeds and figures."""
    text = (resources.files("sar_models.weights") / _MANIFEST).read_text(encoding="utf-8")
    files: dict[str, dict[str, Any]] = json.loads(text)["files"]
    return files


@cache
def shipped_scene() -> Weights:
    """Return the SAR-Net that ships with the package; it is read once.

    Raises
    ------
    EngineError
        If its file is missing or not the one that was shipped.
    """
    expected = manifest()[SCENE_WEIGHTS]["sha256"]
    try:
        data = (resources.files("sar_models.weights") / SCENE_WEIGHTS).read_bytes()
    except FileNotFoundError as exc:
        raise EngineError(
            f"Weights {SCENE_WEIGHTS!r} are missing", remedy="Reinstall sar-align."
        ) from exc
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise EngineError(
            f"Weights {SCENE_WEIGHTS!r} have the checksum {found!r}, expected {expected!r}",
            remedy="Reinstall sar-align.",
        )
    return Weights(_network(load(data)), SCENE_WEIGHTS, found)


def _network(tensors: Mapping[str, torch.Tensor]) -> SarNet:
    network = SarNet()
    network.load_state_dict({name: value.float() for name, value in tensors.items()})
    return network.eval()
