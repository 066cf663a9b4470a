"""Which stacks a step draws its crops from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from sar_models.engine.training.losses import Batch
from sar_models.engine.training.staining import draw_recipes, stain
from sar_models.engine.training.tearing import TORN
from sar_models.engine.training.views import draw_views, unmoved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_ONE_SLIDE = 0.25
"""Share of the batches whose crops come from few stacks: near misses are the hardest negatives."""
_NEAR_STACKS = 2
_NO_TURN = torch.eye(2)


@dataclass(frozen=True, eq=False)
class Source:
    """Stacks of one kind, and the share of all crops that they get.

    Parameters
    ----------
    name : str
    stacks : sequence of (S, K, H, W) uint8
    share : float
    """

    name: str
    stacks: Sequence[NDArray[np.uint8]]
    share: float


@dataclass(frozen=True, eq=False)
class Sampler:
    """Draws batches: equal seeds and steps give equal ones.

    Parameters
    ----------
    sources : sequence of Source
        Those without stacks get nothing.
    count : int
        Pairs in a batch.
    torn : float
        Share of the views that lose some of their tissue.
    """

    sources: Sequence[Source]
    count: int = 8
    torn: float = TORN

    def batch(self, seed: int, step: int) -> Batch:
        """Return the batch of a step."""
        rng = np.random.default_rng((seed, step))
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        views = draw_views(rng, self._stacks(rng), torn=self.torn)
        most = views.first.shape[1]
        first, second = (
            stain(planes, draw_recipes(rng, views.components, most), generator)
            for planes in (views.first, views.second)
        )
        return Batch(first, second, views)

    def twice(self, seed: int, step: int) -> Batch:
        """Return a batch of places that are stained twice: both views show the same pixels."""
        rng = np.random.default_rng((seed, step))
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        drawn = draw_views(rng, self._stacks(rng), torn=self.torn)
        views = replace(
            drawn, second=drawn.first, second_from_first=unmoved(drawn.first), linear=_NO_TURN
        )
        first, second = (
            stain(planes, draw_recipes(rng, drawn.components, drawn.first.shape[1]), generator)
            for planes in (views.first, views.second)
        )
        return Batch(first, second, views)

    def _stacks(self, rng: np.random.Generator) -> list[NDArray[np.uint8]]:
        filled = [source for source in self.sources if len(source.stacks)]
        shares = np.array([source.share for source in filled])
        chosen = rng.choice(len(filled), self.count, p=shares / shares.sum())
        stacks = [filled[i].stacks[int(rng.integers(len(filled[i].stacks)))] for i in chosen]
        if rng.random() < _ONE_SLIDE:
            stacks = [stacks[i % _NEAR_STACKS] for i in range(self.count)]
        return stacks
