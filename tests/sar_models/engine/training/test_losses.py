"""What the losses reward, without and with a network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from sar_models.engine.sampling import as_tensor
from sar_models.engine.scene.network import SarNet
from sar_models.engine.similarity import LocalCorrelation
from sar_models.engine.training.losses import (
    Batch,
    LossWeights,
    laid_on_first,
    local_correlation,
    losses_of,
    total,
)

if TYPE_CHECKING:
    from sar_models.engine.training.sampling import Sampler
    from sar_models.engine.training.views import Views

NONE = LossWeights(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
COUNT, SIDE = 3, 64


class GivenScenes:
    """Stands for a network: says which scenes it found, and structures are their first four."""

    def __init__(self, *scenes: torch.Tensor) -> None:
        self.found = iter(scenes)
        self.scene_encoder = self

    def scene(self, density: torch.Tensor) -> torch.Tensor:
        return next(self.found)

    def appearance(self, density: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(density), 32)

    def structures(self, scene: torch.Tensor) -> torch.Tensor:
        return scene[:, :4]


def textured(seed: int) -> torch.Tensor:
    """Return scenes ``(B, 16, 64, 64)`` that differ from place to place."""
    generator = torch.Generator().manual_seed(seed)
    return F.avg_pool2d(torch.randn(COUNT, 16, SIDE, SIDE, generator=generator), 3, 1, 1)


def loss_of(views: Views, first: torch.Tensor, second: torch.Tensor, name: str) -> float:
    torch.manual_seed(0)
    weights = replace(NONE, **{name: 1.0})
    density = torch.zeros(COUNT, 3, 2 * SIDE, 2 * SIDE)
    network = cast(SarNet, GivenScenes(first, second))
    losses = losses_of(network, Batch(density, density, views), weights)
    assert list(losses) == [name]
    return float(losses[name])


@pytest.mark.parametrize("name", ["scene", "points", "structures"])
@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda scene: scene.roll(6, dims=-1), id="shifted"),
        pytest.param(lambda scene: scene.flip(-1), id="mirrored"),
        pytest.param(lambda scene: scene.roll(1, dims=0), id="another crop"),
        pytest.param(lambda scene: textured(1), id="unrelated"),
    ],
)
def test_scenes_that_agree_are_rewarded(lying: Views, name: str, wrong: Any) -> None:
    scene = textured(0)
    agreeing = loss_of(lying, scene, scene.clone(), name)
    assert agreeing < 0.3 * loss_of(lying, scene, wrong(scene), name)


@pytest.mark.parametrize("name", ["points", "structures"])
def test_scenes_that_agree_but_show_nothing_are_not(lying: Views, name: str) -> None:
    flat = torch.ones(COUNT, 16, SIDE, SIDE)
    scene = textured(0)
    assert loss_of(lying, flat, flat, name) > 3 * loss_of(lying, scene, scene, name)


def test_scenes_may_disagree_off_the_tissue(lying: Views) -> None:
    tissue = lying.tissue.clone()
    tissue[..., SIDE:] = 0
    first = textured(0)
    second = first.clone()
    second[..., SIDE // 2 + 2 :] = 5
    density = torch.zeros(COUNT, 3, 2 * SIDE, 2 * SIDE)
    batch = Batch(density, density, replace(lying, tissue=tissue))
    network = cast(SarNet, GivenScenes(first, second))
    assert float(losses_of(network, batch, replace(NONE, scene=1.0))["scene"]) < 1e-6


def test_a_scene_is_laid_by_the_map_of_the_views(lying: Views) -> None:
    scene = textured(0)
    torch.testing.assert_close(laid_on_first(scene, lying), scene, atol=1e-5, rtol=0)
    turned = replace(lying, second_from_first=-lying.second_from_first)
    torch.testing.assert_close(
        laid_on_first(scene, turned), scene.rot90(2, (-2, -1)), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("left_out", ["reconstruction", "scene", "cycle", "alignment", "points"])
def test_a_weight_of_zero_leaves_a_loss_out(sampler: Sampler, left_out: str) -> None:
    torch.manual_seed(0)
    weights = replace(LossWeights(), **{left_out: 0.0})
    losses = losses_of(SarNet(), sampler.batch(0, 0), weights)
    assert set(losses) == set(vars(LossWeights())) - {left_out}


def test_every_part_of_the_network_learns(sampler: Sampler) -> None:
    torch.manual_seed(0)
    network = SarNet()
    weights = LossWeights()
    total(losses_of(network, sampler.batch(0, 0), weights), weights).backward()  # type: ignore[no-untyped-call]
    idle = [name for name, value in network.named_parameters() if value.grad is None]
    assert idle == []


def test_the_total_weighs_losses() -> None:
    losses = {"scene": torch.tensor(2.0), "points": torch.tensor(3.0)}
    weights = LossWeights(scene=0.25, points=2.0)
    assert float(total(losses, weights)) == pytest.approx(6.5)


def test_correlation_is_that_of_the_registration() -> None:
    first, second = textured(0)[:1, :1], textured(1)[:1, :1]
    moving = (first + second).numpy()
    fixed = LocalCorrelation.with_fixed(as_tensor(first[0].numpy(), torch.device("cpu")))
    expected = fixed.map(as_tensor(moving[0], torch.device("cpu")))
    found = local_correlation(first[:, None], torch.from_numpy(moving)[:, None])
    assert found.shape == (1, 1, SIDE, SIDE)
    np.testing.assert_allclose(found[0, 0], expected[0, 0], atol=1e-4)
