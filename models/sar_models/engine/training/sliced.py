"""What every training does: step by step, in slices that can be resumed, the best network kept."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import torch

from sar_models.domain.errors import EngineError
from sar_models.engine.training.checkpoint import (
    BEST_NAME,
    CHECKPOINT_NAME,
    load_checkpoint,
    save_checkpoint,
)
from sar_models.engine.training.history import append_history, keep_history_until
from sar_models.engine.training.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import nn

_WARM_UP = 100
_CLIP = 1.0


class Pace(Protocol):
    """What a recipe says about steps."""

    @property
    def seed(self) -> int:
        """Of everything random."""
        ...

    @property
    def rate(self) -> float:
        """Step of the optimiser, which falls over all steps."""
        ...

    @property
    def steps(self) -> int:
        """Steps in all."""
        ...

    @property
    def every(self) -> int:
        """Steps between validations, each of which is also a checkpoint."""
        ...


class SlicedTraining(ABC):
    """A training in a folder, which may be interrupted at any time.

    What a seed gives does not depend on how often it was interrupted. It uses one thread: more
    would sum up in another order, and wait for each other on a busy machine.
    """

    folder: Path
    """Of the checkpoint, of the best one so far, and of ``metrics.jsonl``."""
    recipe: Pace
    network: nn.Module
    weight_decay: ClassVar[float]
    last_rate: ClassVar[float]
    """Share of the rate below which it does not fall."""

    def _resume(self) -> None:
        """Take up the training of the folder where it is; the network has to be there."""
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=self.recipe.rate, weight_decay=self.weight_decay
        )
        self.step, self.best = 0, math.inf
        self._rows: list[dict[str, Any]] = []
        checkpoint = self.folder / CHECKPOINT_NAME
        if checkpoint.exists():
            self.step, self.best = load_checkpoint(checkpoint, self.network, self.optimiser)
        keep_history_until(self.folder, self.step)

    @abstractmethod
    def _losses(self) -> dict[str, torch.Tensor]:
        """Return the losses of the next step's batch."""

    @abstractmethod
    def _objective(self, losses: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return what a step makes smaller."""

    @abstractmethod
    def _judged(self) -> tuple[dict[str, float], float]:
        """Return the figures of a validation, and the score that is lowest for the best network."""

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
        self._objective(losses).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP)
        self.optimiser.step()
        self.step += 1
        return values

    def _rate(self) -> float:
        warm = min((self.step + 1) / _WARM_UP, 1.0)
        cosine = 0.5 * (1 + math.cos(math.pi * self.step / self.recipe.steps))
        return self.recipe.rate * warm * max(cosine, self.last_rate)

    def _validate(self) -> None:
        """Validate, and keep the network if it is the best so far."""
        figures, score = self._judged()
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
