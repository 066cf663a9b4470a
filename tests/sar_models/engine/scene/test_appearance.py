"""Appearances, and scenes painted under them."""

from __future__ import annotations

import torch

from sar_models.engine.scene.appearance import (
    APPEARANCE_VALUES,
    AppearanceEncoder,
    ForwardModel,
)
from sar_models.engine.scene.encoder import SCENE_CHANNELS
from sar_models.engine.scene.layers import AdaptiveNorm


@torch.no_grad()
def test_features_take_the_moments_of_a_style() -> None:
    torch.manual_seed(0)
    norm = AdaptiveNorm(5, 3)
    appearance = torch.randn(2, 3)
    features = 4 * torch.randn(2, 5, 40, 40) + 9
    gain, offset = norm.style(appearance).chunk(2, dim=1)
    restyled = norm(features, appearance)
    torch.testing.assert_close(restyled.mean(dim=(-2, -1)), offset, atol=1e-4, rtol=0)
    deviation = restyled.std(dim=(-2, -1), correction=0)
    torch.testing.assert_close(deviation, (1 + gain).abs(), atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_an_appearance_does_not_depend_on_the_size_of_the_picture() -> None:
    torch.manual_seed(0)
    encoder = AppearanceEncoder()
    small, large = (
        encoder(torch.tensor([0.3, 0.8, 0.2]).view(1, 3, 1, 1).expand(2, 3, *size))
        for size in ((320, 320), (512, 640))
    )
    assert small.shape == (2, APPEARANCE_VALUES)
    # What differs is the rim, where the convolutions see nothing beyond the picture.
    torch.testing.assert_close(small, large, atol=3e-3, rtol=0)


@torch.no_grad()
def test_a_painting_has_the_pictures_size_and_follows_the_appearance() -> None:
    torch.manual_seed(0)
    model = ForwardModel()
    scene = torch.randn(1, SCENE_CHANNELS, 17, 20).expand(2, -1, -1, -1)
    appearances = torch.randn(2, APPEARANCE_VALUES)
    painted = model(scene, appearances)
    assert painted.shape == (2, 3, 34, 40)
    assert (painted[0] - painted[1]).abs().mean() > 0.05
    torch.testing.assert_close(painted[:1], model(scene[:1], appearances[:1]))
