"""The training of an anchored network: seeded, in slices that can be resumed, the best one kept."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch

from sar_models.engine.anchored.paired import PairedNet
from sar_models.engine.training.anchored.episodes import draw_episodes
from sar_models.engine.training.anchored.losses import paired_losses, pooled_losses
from sar_models.engine.training.anchored.recipe import (
    PLANS,
    data_record,
    network_of,
    world_of,
)
from sar_models.engine.training.anchored.validation import validate
from sar_models.engine.training.recipe import begin
from sar_models.engine.training.sliced import SlicedTraining
from sar_models.stores.lock import lock_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sar_models.engine.anchored.pooled import PooledNet
    from sar_models.engine.training.anchored.recipe import AnchoredRecipe

_LOCK = ".lock"


@dataclass
class AnchoredTraining(SlicedTraining):
    """A training of an anchored network in a folder; see `SlicedTraining`.

    Parameters
    ----------
    folder : Path
        Of the checkpoint, of the best one so far, and of ``metrics.jsonl``.
    recipe : AnchoredRecipe
    device : torch.device
    """

    folder: Path
    recipe: AnchoredRecipe
    device: torch.device
    weight_decay: ClassVar[float] = 1e-4
    last_rate: ClassVar[float] = 0.02

    def __post_init__(self) -> None:
        torch.manual_seed(self.recipe.seed)
        self.network: PairedNet | PooledNet = network_of(self.recipe.form)
        self._resume()
        self.network.to(self.device)

    def _losses(self) -> dict[str, torch.Tensor]:
        plan = PLANS[self.recipe.form]
        rng = np.random.default_rng((self.recipe.seed, self.step))
        anchors = int(rng.integers(plan.anchors[0], plan.anchors[1] + 1))
        world = world_of(self.recipe)
        episodes = draw_episodes(rng, plan.episodes, anchors, plan.points, world).to(self.device)
        if isinstance(self.network, PairedNet):
            return paired_losses(self.network, episodes)
        return pooled_losses(self.network, episodes, lgn=self.recipe.lgn)

    def _objective(self, losses: dict[str, torch.Tensor]) -> torch.Tensor:
        return losses["loss"]

    def _judged(self) -> tuple[dict[str, float], float]:
        return validate(self.network, self.device)


@contextlib.contextmanager
def anchored_training(
    folder: Path, recipe: AnchoredRecipe, device: torch.device | None = None
) -> Iterator[AnchoredTraining]:
    """Yield a training, new or as far as its folder has come; nobody else may train there.

    Parameters
    ----------
    folder : Path
        Missing, empty, or of this very training.
    recipe : AnchoredRecipe
    device : torch.device or None
        ``None`` for the processor.

    Raises
    ------
    OutputExistsError
        If the folder holds something else.
    InputError
        If it was begun with another recipe.
    ConflictError
        If another process trains there.
    """
    begin(folder, recipe, data_record(recipe))
    with lock_file(folder / _LOCK, f"the training {str(folder)!r}"):
        yield AnchoredTraining(folder, recipe, device or torch.device("cpu"))
