"""The training of SAR-Net: seeded, in slices that can be resumed, the best one kept."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from sar_models.engine.scene.network import SarNet
from sar_models.engine.training.checkpoint import load_checkpoint, save_checkpoint
from sar_models.engine.training.losses import LossWeights, losses_of, total
from sar_models.engine.training.validation import validate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sar_models.engine.scene.layers import Norm
    from sar_models.engine.training.sampling import Sampler

_WARM_UP = 100
_CLIP = 1.0
_VALIDATION_SEED = 10**9
"""Apart from the seeds of training."""


@dataclass(frozen=True)
class Recipe:
    """How long and how fast to train."""

    steps: int = 9000
    rate: float = 1.5e-3
    seed: int = 0
    every: int = 250
    """Steps between validations, each of which is also a checkpoint."""
    validation_batches: int = 12
    norm: Norm = "instance"
    weights: LossWeights = field(default_factory=LossWeights)


@dataclass
class Training:
    """A training in a folder, which may be interrupted at any time.

    Parameters
    ----------
    folder : Path
        Of checkpoints, ``metrics.jsonl`` and the best weights so far.
    sampler, validation : Sampler
        Of tissue to learn from, and of other tissue.
    recipe : Recipe
    """

    folder: Path
    sampler: Sampler
    validation: Sampler
    recipe: Recipe

    def __post_init__(self) -> None:
        torch.manual_seed(self.recipe.seed)
        self.network = SarNet(self.recipe.norm, mixed=True)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=self.recipe.rate, weight_decay=1e-3
        )
        self.step, self.best = 0, math.inf
        if (self.folder / "checkpoint.safetensors").exists():
            self.step, self.best = load_checkpoint(self.folder, self.network, self.optimiser)
        self._batches = [
            self.validation.batch(_VALIDATION_SEED + self.recipe.seed, index)
            for index in range(self.recipe.validation_batches)
        ]

    def run(self, seconds: float, progress: Callable[[int, dict[str, float]], None]) -> bool:
        """Train for so many seconds at most; return whether all steps are done.

        Parameters
        ----------
        seconds : float
        progress : callable
            Called after each step with its number and losses.
        """
        until = time.monotonic() + seconds
        self.network.train()
        while self.step < self.recipe.steps:
            losses = self._advance()
            progress(self.step, losses)
            last = self.step == self.recipe.steps or time.monotonic() > until
            if last or self.step % self.recipe.every == 0:
                self._keep(losses)
            if time.monotonic() > until:
                break
        return self.step >= self.recipe.steps

    def _advance(self) -> dict[str, float]:
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        batch = self.sampler.batch(self.recipe.seed, self.step)
        losses = losses_of(self.network, batch, self.recipe.weights)
        self.optimiser.zero_grad()
        total(losses, self.recipe.weights).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP)
        self.optimiser.step()
        self.step += 1
        return {name: loss.item() for name, loss in losses.items()}

    def _rate(self) -> float:
        warm = min((self.step + 1) / _WARM_UP, 1.0)
        cosine = 0.5 * (1 + math.cos(math.pi * self.step / self.recipe.steps))
        return self.recipe.rate * warm * max(cosine, 0.01)

    def _keep(self, losses: dict[str, float]) -> None:
        """Validate, write a checkpoint, and the weights if they are the best so far."""
        figures = validate(self.network, self._batches)
        score = figures["structures"] + 0.1 * figures["points"]
        is_best = score < self.best
        self.best = min(score, self.best)
        save_checkpoint(self.folder, self.network, self.optimiser, self.step, self.best)
        if is_best:
            (self.folder / "checkpoint.safetensors").replace(self.folder / "best.safetensors")
            save_checkpoint(self.folder, self.network, self.optimiser, self.step, self.best)
        row = {"step": self.step, "training": losses, "validation": figures, "best": is_best}
        with (self.folder / "metrics.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")
