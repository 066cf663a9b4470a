"""The training of an anchored network: seeded, in slices that can be resumed, the best one kept."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from sar_models.domain.errors import EngineError
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
from sar_models.engine.training.checkpoint import (
    BEST_NAME,
    CHECKPOINT_NAME,
    load_checkpoint,
    save_checkpoint,
)
from sar_models.engine.training.history import append_history, keep_history_until
from sar_models.engine.training.recipe import begin
from sar_models.engine.training.threads import one_thread
from sar_models.stores.lock import lock_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sar_models.engine.training.anchored.recipe import AnchoredRecipe

_WARM_UP = 100
_CLIP = 1.0
_LOCK = ".lock"


@dataclass
class AnchoredTraining:
    """A training in a folder, which may be interrupted at any time.

    What a seed gives does not depend on how often it was interrupted.

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

    def __post_init__(self) -> None:
        torch.manual_seed(self.recipe.seed)
        self.network = network_of(self.recipe.form)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=self.recipe.rate, weight_decay=1e-4
        )
        self.step, self.best = 0, math.inf
        self._rows: list[dict[str, Any]] = []
        checkpoint = self.folder / CHECKPOINT_NAME
        if checkpoint.exists():
            self.step, self.best = load_checkpoint(checkpoint, self.network, self.optimiser)
        keep_history_until(self.folder, self.step)
        self.network.to(self.device)

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

    def _advance(self) -> dict[str, float]:
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        losses = self._losses()
        values = {name: loss.item() for name, loss in losses.items()}
        if not all(math.isfinite(value) for value in values.values()):
            raise EngineError(
                f"The training broke down at step {self.step + 1}: {values!r}",
                remedy="Try another seed, in another folder.",
            )
        self.optimiser.zero_grad()
        losses["loss"].backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP)
        self.optimiser.step()
        self.step += 1
        return values

    def _losses(self) -> dict[str, torch.Tensor]:
        plan = PLANS[self.recipe.form]
        rng = np.random.default_rng((self.recipe.seed, self.step))
        anchors = int(rng.integers(plan.anchors[0], plan.anchors[1] + 1))
        world = world_of(self.recipe)
        episodes = draw_episodes(rng, plan.episodes, anchors, plan.points, world).to(self.device)
        if isinstance(self.network, PairedNet):
            return paired_losses(self.network, episodes)
        return pooled_losses(self.network, episodes, lgn=self.recipe.lgn)

    def _rate(self) -> float:
        warm = min((self.step + 1) / _WARM_UP, 1.0)
        cosine = 0.5 * (1 + math.cos(math.pi * self.step / self.recipe.steps))
        return self.recipe.rate * warm * max(cosine, 0.02)

    def _validate(self) -> None:
        """Validate, and keep the network if it is the best so far."""
        figures, score = validate(self.network, self.device)
        is_best = score < self.best
        self._rows[-1] |= {"validation": figures, "score": score, "best": is_best}
        if is_best:
            self.best = score
            self._save(BEST_NAME)

    def _keep(self) -> None:
        """Write down what happened, and a checkpoint to go on from, in this order."""
        append_history(self.folder, self._rows)
        self._rows = []
        self._save(CHECKPOINT_NAME)

    def _save(self, name: str) -> None:
        save_checkpoint(self.folder / name, self.network, self.optimiser, self.step, self.best)


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
