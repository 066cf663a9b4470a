"""Checkpoints: everything that a training needs to go on, without pickles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from sar_models.domain.errors import InputError
from sar_models.stores.atomic import atomic_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import nn

CHECKPOINT_NAME = "checkpoint.safetensors"
BEST_NAME = "best.safetensors"

_NETWORK = "network."
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")
_RANDOM = "random"


def save_checkpoint(
    path: Path, network: nn.Module, optimiser: torch.optim.Optimizer, step: int, best: float
) -> None:
    """Write network, optimiser and the state of chance; what was there is replaced at once."""
    tensors = {_NETWORK + name: value for name, value in network.state_dict().items()}
    for index, moments in optimiser.state_dict()["state"].items():
        for name in _MOMENTS:
            tensors[f"optimiser.{index}.{name}"] = torch.as_tensor(moments[name])
    tensors[_RANDOM] = torch.get_rng_state()
    plain = {name: value.detach().clone().contiguous() for name, value in tensors.items()}
    with atomic_file(path) as partial:
        save_file(plain, partial, metadata={"step": str(step), "best": repr(best)})


def load_checkpoint(
    path: Path, network: nn.Module, optimiser: torch.optim.Optimizer
) -> tuple[int, float]:
    """Read network, optimiser and the state of chance; return step and best score so far.

    Raises
    ------
    InputError
        If the file is damaged, or belongs to another network.
    """
    tensors, notes = _read(path)
    _fill(path, network, _of_network(tensors))
    state = optimiser.state_dict()
    try:
        state["state"] = {
            index: {name: tensors[f"optimiser.{index}.{name}"] for name in _MOMENTS}
            for index in range(len(list(network.parameters())))
            # A part that no loss reaches has no moments.
            if f"optimiser.{index}.step" in tensors
        }
        optimiser.load_state_dict(state)
        torch.set_rng_state(tensors[_RANDOM])
        return int(notes["step"]), float(notes["best"])
    except KeyError as exc:
        raise _foreign(path) from exc


def load_network(path: Path, network: nn.Module) -> None:
    """Read the network of a checkpoint, and nothing else.

    Raises
    ------
    InputError
        If the file is damaged, or belongs to another network.
    """
    _fill(path, network, _of_network(_read(path)[0]))


def _read(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    try:
        with safe_open(path, "pt") as stored:
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
            return tensors, stored.metadata() or {}
    except (OSError, SafetensorError) as exc:
        raise InputError(
            f"{path.name!r} in {path.parent.name!r} cannot be read: {exc}",
            remedy="Begin anew in an empty folder.",
        ) from exc


def _of_network(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {
        name.removeprefix(_NETWORK): value
        for name, value in tensors.items()
        if name.startswith(_NETWORK)
    }


def _fill(path: Path, network: nn.Module, weights: dict[str, torch.Tensor]) -> None:
    def shapes(tensors: Mapping[str, Any]) -> dict[str, torch.Size]:
        return {name: value.shape for name, value in tensors.items()}

    if shapes(weights) != shapes(network.state_dict()):
        raise _foreign(path)
    network.load_state_dict(weights)


def _foreign(path: Path) -> InputError:
    return InputError(
        f"{path.name!r} in {path.parent.name!r} belongs to another network",
        remedy="Take an empty folder.",
    )
