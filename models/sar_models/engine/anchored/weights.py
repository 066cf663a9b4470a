"""The anchored networks that ship with the package, checked before use."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Generic, TypeVar

from safetensors.torch import load
from torch import nn

from sar_models.domain.errors import EngineError
from sar_models.engine.anchored.paired import PairedNet
from sar_models.engine.anchored.pooled import PooledNet
from sar_models.engine.scene.weights import manifest

PAIRED_WEIGHTS = "anchored.safetensors"
POOLED_WEIGHTS = "anchored-paper.safetensors"
_REMEDY = "Reinstall sar-align."

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True, eq=False)
class AnchoredWeights(Generic[Network]):
    """A trained network in evaluation mode, name and checksum (hex) of its file."""

    network: Network
    name: str
    sha256: str


@cache
def shipped_paired() -> AnchoredWeights[PairedNet]:
    """Return the network that keeps anchors paired; it is read once.

    Raises
    ------
    EngineError
        If its file is missing or not the one that was shipped.
    """
    return _shipped(PAIRED_WEIGHTS, PairedNet())


@cache
def shipped_pooled() -> AnchoredWeights[PooledNet]:
    """Return the paper's descriptor; it is read once.

    Raises
    ------
    EngineError
        If its file is missing or not the one that was shipped.
    """
    return _shipped(POOLED_WEIGHTS, PooledNet())


def _shipped(name: str, network: Network) -> AnchoredWeights[Network]:
    try:
        data = (resources.files("sar_models.weights") / name).read_bytes()
    except FileNotFoundError as exc:
        raise EngineError(f"{name!r} of the weights is missing", remedy=_REMEDY) from exc
    expected, found = manifest().get(name, {}).get("sha256"), hashlib.sha256(data).hexdigest()
    if found != expected:
        raise EngineError(
            f"Weights {name!r} have the checksum {found!r}, expected {expected!r}", remedy=_REMEDY
        )
    network.load_state_dict({key: value.float() for key, value in load(data).items()})
    return AnchoredWeights(network.eval().requires_grad_(False), name, found)
