"""The scene encoder: sizes, and what its normalisation promises."""

from __future__ import annotations

import pytest
import torch

from sar_models.engine.scene.encoder import (
    SCENE_CHANNELS,
    STRIDE,
    STRUCTURE_CHANNELS,
    SceneEncoder,
)
from sar_models.engine.scene.layers import Norm, doubled


@pytest.fixture(scope="module")
def encoder() -> SceneEncoder:
    torch.manual_seed(0)
    return SceneEncoder().eval()


def density(height: int, width: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(2, 3, height, width, generator=generator)


# 33 and 45 scene pixels are halved three times: to sizes that are odd, and even, and odd again.
@pytest.mark.parametrize(("height", "width"), [(64, 64), (66, 90), (34, 128)])
@torch.no_grad()
def test_a_scene_has_half_of_the_pictures_resolution(
    encoder: SceneEncoder, height: int, width: int
) -> None:
    scene = encoder(density(height, width))
    assert STRIDE == 2
    assert scene.shape == (2, SCENE_CHANNELS, height // 2, width // 2)
    structures = encoder.structures(scene)
    assert structures.shape == (2, STRUCTURE_CHANNELS, height // 2, width // 2)
    assert structures.abs().max() <= 1


@torch.no_grad()
def test_channels_have_mean_zero_and_deviation_one(encoder: SceneEncoder) -> None:
    scene = encoder(density(64, 96))
    torch.testing.assert_close(
        scene.mean(dim=(-2, -1)), torch.zeros(2, SCENE_CHANNELS), atol=1e-4, rtol=0
    )
    deviation = scene.std(dim=(-2, -1), correction=0)
    torch.testing.assert_close(deviation, torch.ones_like(deviation), atol=1e-2, rtol=0)


@torch.no_grad()
def test_a_scene_is_that_of_its_own_picture(encoder: SceneEncoder) -> None:
    pictures = density(48, 48)
    torch.testing.assert_close(encoder(pictures)[1:], encoder(pictures[1:]), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize(("norm", "same"), [("instance", True), ("batch", False)])
@torch.no_grad()
def test_instance_norm_forgets_how_dark_a_stain_is(norm: Norm, same: bool) -> None:
    torch.manual_seed(0)
    encoder = SceneEncoder(norm).eval()
    pale = 0.2 + density(64, 64)
    difference = (encoder(2 * pale) - encoder(pale)).abs().mean()
    assert (difference < 0.02) == same


def test_odd_pictures_are_refused(encoder: SceneEncoder) -> None:
    with pytest.raises(RuntimeError, match="divisible"):
        encoder(density(63, 64))


def test_features_are_doubled_to_the_size_of_finer_ones() -> None:
    coarse, fine = torch.full((1, 2, 3, 4), 7.0), torch.zeros(1, 5, 5, 8)
    torch.testing.assert_close(doubled(coarse, fine), torch.full((1, 2, 5, 8), 7.0))
