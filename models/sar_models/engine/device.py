"""Where tensors live."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import torch

from sar_models.domain.errors import OptionError

if TYPE_CHECKING:
    from sar_models.engine.options import DeviceName


def choose_device(name: DeviceName) -> torch.device:
    """Return the torch device of an option value.

    Raises
    ------
    OptionError
        If a GPU is asked for and torch finds none.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise OptionError(
            "device is 'cuda', but torch finds no GPU",
            remedy="Use --device cpu, or install a torch build for your GPU.",
        )
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def visible_gpus() -> tuple[str, ...]:
    """Return the GPUs that this process may use, as ``CUDA_VISIBLE_DEVICES`` names them."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    named = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")]
    return tuple(named[:count]) if any(named) else tuple(map(str, range(count)))


def describe_devices() -> str:
    """Return one line on torch and what it can compute on."""
    if torch.cuda.is_available():
        names = {torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())}
        return f"torch {torch.__version__}, {', '.join(sorted(names))}"
    return f"torch {torch.__version__}, CPU, threads: {torch.get_num_threads()}"
