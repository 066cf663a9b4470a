"""Which stacks batches are drawn from, and that a seed says all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from sar_models.engine.training.sampling import Sampler, Source

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from sar_models.engine.training.losses import Batch

    Tissue = Callable[..., NDArray[np.uint8]]


def everything(batch: Batch) -> torch.Tensor:
    views = batch.views
    parts = (batch.first, batch.second, views.second_from_first, views.tissue, views.linear)
    return torch.cat([part.flatten() for part in parts])


def test_equal_seeds_and_steps_give_equal_batches(sampler: Sampler) -> None:
    batch = everything(sampler.batch(3, 7))
    assert torch.equal(everything(sampler.batch(3, 7)), batch)
    assert not torch.equal(everything(sampler.batch(3, 8)), batch)
    assert not torch.equal(everything(sampler.batch(4, 7)), batch)


def test_a_batch_does_not_depend_on_chance_elsewhere(sampler: Sampler) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    batch = everything(sampler.batch(0, 0))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert torch.equal(everything(sampler.batch(0, 0)), batch)


def test_densities_are_what_the_engine_measures(sampler: Sampler) -> None:
    batch = sampler.batch(0, 0)
    assert batch.first.shape == batch.second.shape == (2, 3, 128, 128)
    for density in (batch.first, batch.second):
        assert density.min() >= 0
        assert 0.5 < density.max() <= 3
    assert (batch.first - batch.second).abs().mean() > 0.05


def test_kinds_get_their_shares_and_empty_ones_nothing(tissue: Tissue) -> None:
    sources = [
        Source("often", [tissue(0, (1, 2, 150, 150))], 0.6),
        Source("never", [], 0.2),
        Source("seldom", [tissue(1, (1, 3, 150, 150))], 0.2),
    ]
    sampler = Sampler(sources, count=4)
    drawn = [kind for step in range(25) for kind in sampler.batch(0, step).views.components]
    assert set(drawn) == {2, 3}
    assert 0.6 < drawn.count(2) / len(drawn) < 0.9
