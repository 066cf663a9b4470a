"""SAR-Net as a whole."""

from __future__ import annotations

import torch

from sar_models.engine.scene.appearance import APPEARANCE_VALUES
from sar_models.engine.scene.encoder import SCENE_CHANNELS
from sar_models.engine.scene.network import SarNet

SHIPPED_BYTES = 10_000_000


@torch.no_grad()
def test_a_picture_goes_through_scene_and_appearance_and_back() -> None:
    torch.manual_seed(0)
    network = SarNet().eval()
    picture = torch.rand(2, 3, 64, 80)
    scene, appearance = network.scene(picture), network.appearance(picture)
    assert scene.shape == (2, SCENE_CHANNELS, 32, 40)
    assert appearance.shape == (2, APPEARANCE_VALUES)
    assert network.render(scene, appearance).shape == picture.shape


@torch.no_grad()
def test_mixed_precision_is_the_same_network_nearly() -> None:
    torch.manual_seed(0)
    exact, mixed = SarNet().eval(), SarNet(mixed=True).eval()
    mixed.load_state_dict(exact.state_dict())
    picture = torch.rand(1, 3, 64, 64)
    found = mixed.scene(picture)
    assert found.dtype == torch.float32
    difference = (found - exact.scene(picture)).abs().mean()
    assert 0 < difference < 0.1


def test_weights_in_half_precision_are_small_enough_to_ship() -> None:
    values = sum(tensor.numel() for tensor in SarNet().state_dict().values())
    assert 2 * values < SHIPPED_BYTES


def test_batch_norm_is_another_network() -> None:
    assert SarNet("batch").state_dict().keys() > SarNet("instance").state_dict().keys()
