"""The training of SAR-Net: seeded, in slices that can be resumed, the best one kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch

from sar_models.engine.scene.network import SarNet
from sar_models.engine.training.checkpoint import BEST_NAME, load_network
from sar_models.engine.training.losses import losses_of, total
from sar_models.engine.training.samples import sample_pictures
from sar_models.engine.training.sliced import SlicedTraining
from sar_models.engine.training.threads import one_thread
from sar_models.engine.training.validation import validate

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from sar_models.engine.training.recipe import Recipe
    from sar_models.engine.training.sampling import Sampler

_POINTS_IN_SCORE = 0.1
_VALIDATION_SEED = 10**9
"""Apart from the seeds of training."""


@dataclass
class Training(SlicedTraining):
    """A training of SAR-Net in a folder; see `SlicedTraining`.

    Parameters
    ----------
    folder : Path
        Of the checkpoint, of the best one so far, and of ``metrics.jsonl``.
    sampler, validation : Sampler
        Of tissue to learn from, and of other tissue.
    recipe : Recipe
    """

    folder: Path
    sampler: Sampler
    validation: Sampler
    recipe: Recipe
    weight_decay: ClassVar[float] = 1e-3
    last_rate: ClassVar[float] = 0.01

    def __post_init__(self) -> None:
        torch.manual_seed(self.recipe.seed)
        self.network: SarNet = SarNet(self.recipe.norm, mixed=True)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._resume()
        with one_thread():
            self._batches = [
                self.validation.batch(_VALIDATION_SEED + self.recipe.seed, index)
                for index in range(self.recipe.validation_batches)
            ]

    def samples(self) -> NDArray[np.uint8]:
        """Return pictures of held-out views as the best network sees and paints them.

        Returns
        -------
        (B, N, H, W, 3) uint8
            One row for each pair of views, columns as in
            `sar_models.engine.training.samples.COLUMNS`. Before the first validation they are of
            the network as it is.
        """
        network = SarNet(self.recipe.norm)
        if (self.folder / BEST_NAME).exists():
            load_network(self.folder / BEST_NAME, network)
        else:
            network.load_state_dict(self.network.state_dict())
        with one_thread():
            return sample_pictures(network.eval(), self._batches[0])

    def _losses(self) -> dict[str, torch.Tensor]:
        batch = self.sampler.batch(self.recipe.seed, self.step)
        return losses_of(self.network, batch, self.recipe.weights)

    def _objective(self, losses: dict[str, torch.Tensor]) -> torch.Tensor:
        return total(losses, self.recipe.weights)

    def _judged(self) -> tuple[dict[str, float], float]:
        figures = validate(self.network, self._batches)
        return figures, figures["structures"] + _POINTS_IN_SCORE * figures["points"]
