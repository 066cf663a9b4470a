"""Which network is measured: the one that ships, or the best of a training."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sar_models.engine.scene.weights import shipped_scene
from sar_models.engine.training.export import best_network

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.engine.scene.network import SarNet


def network_of(training: Path | None) -> SarNet:
    """Return the best network of a training, or the one that ships with ``None``.

    Raises
    ------
    InputError
        If there is no training, or no validation yet.
    EngineError
        If the weights that ship are missing or damaged.
    """
    return shipped_scene().network if training is None else _read(training.resolve())


@lru_cache(maxsize=2)
def _read(training: Path) -> SarNet:
    return best_network(training)
