"""The best network of a training as weights to ship."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from safetensors.torch import save_file

from sar_models.domain.errors import InputError
from sar_models.engine.scene.network import SarNet
from sar_models.engine.training.checkpoint import BEST_NAME, load_network
from sar_models.engine.training.history import best_of, read_history
from sar_models.engine.training.recipe import read_recipe
from sar_models.stores.atomic import atomic_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOTES_KEY = "training"


def export_weights(folder: Path, path: Path) -> dict[str, Any]:
    """Write the best network of a training in half precision.

    Tensors have the names of ``SarNet().state_dict()``. The file's metadata has one entry, the
    notes as JSON: several would be stored in any order, and equal weights have to be equal files.

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
        If there is no training, or no validation yet.
    """
    record = read_recipe(folder)
    network = best_network(folder)
    best = _best_row(folder)
    notes = {
        "step": best["step"],
        "recipe": record["recipe"],
        "data": record["data"],
        "validation": best["validation"],
    }
    tensors = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in network.state_dict().items()
    }
    with atomic_file(path) as partial:
        save_file(tensors, partial, metadata={NOTES_KEY: json.dumps(notes, sort_keys=True)})
    return notes | {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def best_network(folder: Path) -> SarNet:
    """Return the best network of a training, in evaluation mode.

    Raises
    ------
    InputError
        If there is no training, or no validation yet.
    """
    network = SarNet(read_recipe(folder)["recipe"]["norm"])
    _best_row(folder)
    load_network(folder / BEST_NAME, network)
    return network.eval()


def _best_row(folder: Path) -> Mapping[str, Any]:
    best = best_of(read_history(folder))
    if best is None or not (folder / BEST_NAME).exists():
        raise InputError(
            f"The training in {str(folder)!r} has no best network yet",
            remedy="Go on until its first validation: sar-align train scene.",
        )
    return best
