"""The best anchored network of a training, as weights to ship."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from safetensors.torch import save_file

from sar_models.domain.errors import InputError
from sar_models.engine.training.anchored.recipe import network_of
from sar_models.engine.training.checkpoint import BEST_NAME, load_network
from sar_models.engine.training.history import best_of, read_history
from sar_models.engine.training.recipe import read_recipe
from sar_models.stores.atomic import atomic_file

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.engine.anchored.paired import PairedNet
    from sar_models.engine.anchored.pooled import PooledNet

NOTES_KEY = "training"


def is_anchored(folder: Path) -> bool:
    """Tell whether the training in a folder is one of an anchored network."""
    return "form" in read_recipe(folder)["recipe"]


def export_anchored(folder: Path, path: Path) -> dict[str, Any]:
    """Write the best network of a training, in single precision: half would cost accuracy.

    Parameters
    ----------
    folder : Path
        Of the training.
    path : Path
        Of the ``.safetensors`` to write.

    Returns
    -------
    dict
        Notes: ``step``, ``recipe``, ``data`` and ``validation`` figures; with ``sha256`` of the
        file, which is not in it.

    Raises
    ------
    InputError
        If there is no training of an anchored network, or no validation yet.
    """
    record = read_recipe(folder)
    network = best_anchored(folder)
    best = best_of(read_history(folder))
    assert best is not None  # best_anchored has seen to it
    notes = {
        "step": best["step"],
        "recipe": record["recipe"],
        "data": record["data"],
        "validation": best["validation"],
    }
    tensors = {name: value.contiguous() for name, value in network.state_dict().items()}
    with atomic_file(path) as partial:
        save_file(tensors, partial, metadata={NOTES_KEY: json.dumps(notes, sort_keys=True)})
    return notes | {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def best_anchored(folder: Path) -> PairedNet | PooledNet:
    """Return the best network of a training, in evaluation mode.

    Raises
    ------
    InputError
        If there is no training of an anchored network, or no validation yet.
    """
    recipe = read_recipe(folder)["recipe"]
    if "form" not in recipe:
        raise InputError(
            f"The training in {str(folder)!r} is not one of an anchored network",
            remedy="Begin one with: sar-align train anchored.",
        )
    if best_of(read_history(folder)) is None or not (folder / BEST_NAME).exists():
        raise InputError(
            f"The training in {str(folder)!r} has no best network yet",
            remedy="Go on until its first validation: sar-align train anchored.",
        )
    network = network_of(recipe["form"])
    load_network(folder / BEST_NAME, network)
    return network.eval()
