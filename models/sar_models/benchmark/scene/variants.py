"""The networks of the ablation: SAR-Net whole, and with one thing left out or changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from sar_models.engine.training.losses import LossWeights
from sar_models.engine.training.recipe import Recipe

if TYPE_CHECKING:
    from sar_models.engine.scene.layers import Norm

PAIRS_IN_BATCH = 4
"""Half of a training that ships: more steps for the same time, which a short budget needs."""

_VALIDATIONS = 5
_VALIDATION_BATCHES = 2


@dataclass(frozen=True)
class Variant:
    """What differs from the whole network: the weights of losses, or its norm."""

    weights: LossWeights = field(default_factory=LossWeights)
    norm: Norm = "instance"

    def recipe(self, steps: int, seed: int) -> Recipe:
        """Return the recipe of a training; all variants see the same batches of a seed."""
        return Recipe(
            steps=steps,
            seed=seed,
            every=max(steps // _VALIDATIONS, 1),
            validation_batches=_VALIDATION_BATCHES,
            norm=self.norm,
            weights=self.weights,
        )


FULL = "full"
VARIANTS = MappingProxyType(
    {
        FULL: Variant(),
        "without scene": Variant(LossWeights(scene=0.0)),
        "without cycle": Variant(LossWeights(cycle=0.0)),
        "without alignment": Variant(LossWeights(alignment=0.0)),
        "batch norm": Variant(norm="batch"),
    }
)
"""Variants by name, the whole network first."""
