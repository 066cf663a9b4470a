"""Checkpoints: everything that a training needs to go on, without pickles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from sar_models.domain.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

_NAME = "checkpoint.safetensors"
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


def save_checkpoint(
    folder: Path, network: nn.Module, optimiser: torch.optim.Optimizer, step: int, best: float
) -> None:
    """Write network and optimiser; what was there is replaced at once."""
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    for index, moments in optimiser.state_dict()["state"].items():
        for name in _MOMENTS:
            tensors[f"optimiser.{index}.{name}"] = torch.as_tensor(moments[name])
    partial = folder / (_NAME + ".partial")
    plain = {name: value.detach().clone().contiguous() for name, value in tensors.items()}
    save_file(plain, partial, metadata={"step": str(step), "best": repr(best)})
    partial.replace(folder / _NAME)


def load_checkpoint(
    folder: Path, network: nn.Module, optimiser: torch.optim.Optimizer
) -> tuple[int, float]:
    """Read network and optimiser; return the step, and the best score so far.

    Raises
    ------
    InputError
        If the file belongs to another network.
    """
    path = folder / _NAME
    state = optimiser.state_dict()
    with safe_open(path, "pt") as stored:
        weights = {
            name.removeprefix("network."): stored.get_tensor(name)
            for name in stored.keys()  # noqa: SIM118 - no mapping
            if name.startswith("network.")
        }
        if weights.keys() != network.state_dict().keys():
            raise InputError(
                f"{path.name!r} in {folder.name!r} belongs to another network",
                remedy="Take an empty folder.",
            )
        network.load_state_dict(weights)
        state["state"] = {
            index: {name: stored.get_tensor(f"optimiser.{index}.{name}") for name in _MOMENTS}
            for index in range(len(list(network.parameters())))
            if f"optimiser.{index}.step" in stored.keys()  # noqa: SIM118
        }
        notes = stored.metadata()
    optimiser.load_state_dict(state)
    return int(notes["step"]), float(notes["best"])
