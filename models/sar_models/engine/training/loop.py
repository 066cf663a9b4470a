"""The training of SAR-Net: seeded, in slices that can be resumed, the best one kept."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from sar_models.domain.errors import EngineError
from sar_models.engine.scene.network import SarNet
from sar_models.engine.training.checkpoint import (
    BEST_NAME,
    CHECKPOINT_NAME,
    load_checkpoint,
    load_network,
    save_checkpoint,
)
from sar_models.engine.training.history import append_history, keep_history_until
from sar_models.engine.training.losses import losses_of, total
from sar_models.engine.training.samples import sample_pictures
from sar_models.engine.training.threads import one_thread
from sar_models.engine.training.validation import validate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from sar_models.engine.training.recipe import Recipe
    from sar_models.engine.training.sampling import Sampler

_WARM_UP = 100
_CLIP = 1.0
_POINTS_IN_SCORE = 0.1
_VALIDATION_SEED = 10**9
"""Apart from the seeds of training."""


@dataclass
class Training:
    """A training in a folder, which may be interrupted at any time.

    What a seed gives does not depend on how often it was interrupted. It uses one thread: more
    would sum up in another order, and wait for each other on a busy machine.

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

    def __post_init__(self) -> None:
        torch.manual_seed(self.recipe.seed)
        self.network = SarNet(self.recipe.norm, mixed=True)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=self.recipe.rate, weight_decay=1e-3
        )
        self.step, self.best = 0, math.inf
        self._rows: list[dict[str, Any]] = []
        checkpoint = self.folder / CHECKPOINT_NAME
        if checkpoint.exists():
            self.step, self.best = load_checkpoint(checkpoint, self.network, self.optimiser)
        keep_history_until(self.folder, self.step)
        with one_thread():
            self._batches = [
                self.validation.batch(_VALIDATION_SEED + self.recipe.seed, index)
                for index in range(self.recipe.validation_batches)
            ]

    @property
    def done(self) -> bool:
        """Whether all steps are taken."""
        return self.step >= self.recipe.steps

    def run(self, seconds: float, progress: Callable[[int, dict[str, float]], None]) -> bool:
        """Train for so many seconds at most; return whether all steps are done.

        Parameters
        ----------
        seconds : float
            At least one step is taken.
        progress : callable
            Called after each step with its number and losses.

        Raises
        ------
        EngineError
            If a loss is no number any more.
        """
        until = time.monotonic() + seconds
        self.network.train()
        with one_thread():
            while not self.done:
                losses = self._advance()
                self._rows.append({"step": self.step, "training": losses})
                if self.step == self.recipe.steps or self.step % self.recipe.every == 0:
                    self._validate()
                    self._keep()
                progress(self.step, losses)
                if time.monotonic() > until:
                    break
            if self._rows:
                self._keep()
        return self.done

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

    def _advance(self) -> dict[str, float]:
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        batch = self.sampler.batch(self.recipe.seed, self.step)
        losses = losses_of(self.network, batch, self.recipe.weights)
        values = {name: loss.item() for name, loss in losses.items()}
        if not all(math.isfinite(value) for value in values.values()):
            raise EngineError(
                f"The training broke down at step {self.step + 1}: {values!r}",
                remedy="Try another seed, in another folder.",
            )
        self.optimiser.zero_grad()
        total(losses, self.recipe.weights).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP)
        self.optimiser.step()
        self.step += 1
        return values

    def _rate(self) -> float:
        warm = min((self.step + 1) / _WARM_UP, 1.0)
        cosine = 0.5 * (1 + math.cos(math.pi * self.step / self.recipe.steps))
        return self.recipe.rate * warm * max(cosine, 0.01)

    def _validate(self) -> None:
        """Validate, and keep the network if it is the best so far."""
        figures = validate(self.network, self._batches)
        score = figures["structures"] + _POINTS_IN_SCORE * figures["points"]
        is_best = score < self.best
        self._rows[-1] |= {"validation": figures, "score": score, "best": is_best}
        if is_best:
            self.best = score
            self._save(BEST_NAME)

    def _keep(self) -> None:
        """Write down what happened, and a checkpoint to go on from.

        In this order: what was written before a crash between the two is taken back when the
        training goes on.
        """
        append_history(self.folder, self._rows)
        self._rows = []
        self._save(CHECKPOINT_NAME)

    def _save(self, name: str) -> None:
        save_checkpoint(self.folder / name, self.network, self.optimiser, self.step, self.best)
