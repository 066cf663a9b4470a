"""Re-rendering: tiles fit, glass does not matter, and the network is left as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch

from sar_models.domain.errors import InputError
from sar_models.engine.scene import rendering
from sar_models.engine.scene.fixing import FixedNorm, with_fixed_norms
from sar_models.engine.scene.network import SarNet
from sar_models.engine.scene.rendering import Stained, render_scene

if TYPE_CHECKING:
    from numpy.typing import NDArray

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network() -> SarNet:
    torch.manual_seed(0)
    return SarNet().eval()


def stained(height: int, width: int, seed: int = 0) -> Stained:
    """Return smooth densities, tissue everywhere."""
    noise = np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)
    density = cv2.GaussianBlur(noise, (0, 0), 3.0) * 2.0 - 0.5
    return Stained(np.clip(density, 0.0, 3.0), np.ones((height, width), dtype=np.float32))


def rendered(network: SarNet, source: Stained, target: Stained) -> NDArray[np.float32]:
    return render_scene(network, source, target, CPU)


def test_a_fixed_norm_keeps_the_statistics_of_what_it_saw_first() -> None:
    norm = FixedNorm(torch.nn.InstanceNorm2d(2, affine=True))
    first = torch.rand(3, 2, 8, 8) * 4
    seen = norm(first)
    assert torch.allclose(seen.mean(dim=(0, 2, 3)), torch.zeros(2), atol=1e-5)
    assert torch.allclose(norm(first + 1.0) - seen, (norm(first * 0 + 1.0) - norm(first * 0)))


def test_the_network_that_is_given_stays_as_it_was(network: SarNet) -> None:
    fixed = with_fixed_norms(network)
    assert not any(isinstance(m, torch.nn.InstanceNorm2d) for m in fixed.modules())
    assert not any(isinstance(m, FixedNorm) for m in network.modules())
    assert fixed.state_dict().keys() == network.state_dict().keys()


@pytest.mark.parametrize(("height", "width"), [(400, 430), (97, 500)])
def test_tiles_are_painted_as_the_whole_would_be(
    network: SarNet, monkeypatch: pytest.MonkeyPatch, height: int, width: int
) -> None:
    source, target = stained(height, width), stained(150, 140, seed=1)
    whole = rendered(network, source, target)
    assert whole.shape == (height, width, 3)
    assert whole.std() > 0.01
    monkeypatch.setattr(rendering, "TILE_PX", 352)
    steps: list[float] = []
    tiled = render_scene(network, source, target, CPU, steps.append)
    assert len(steps) > 1
    assert steps[-1] == 1.0
    np.testing.assert_allclose(tiled, whole, atol=2e-3)


def test_glass_around_tissue_does_not_change_how_it_is_painted(network: SarNet) -> None:
    alone, target = stained(256, 256), stained(256, 256, seed=1)
    around = ((256, 256), (128, 128))
    density = np.pad(alone.density, (*around, (0, 0)))
    beside_glass = Stained(density, np.pad(alone.mask, around))
    found = rendered(network, beside_glass, target)
    inside = found[256:512, 128:384][96:160, 96:160]
    np.testing.assert_allclose(inside, rendered(network, alone, target)[96:160, 96:160], atol=2e-3)
    assert not found[:256].any()


def test_the_stain_is_that_of_the_target(network: SarNet) -> None:
    source = stained(128, 128)
    one, other = (rendered(network, source, stained(128, 128, seed)) for seed in (1, 2))
    pale = Stained(0.2 * stained(128, 128, 1).density, source.mask)
    assert np.abs(rendered(network, source, pale) - one).mean() > np.abs(one - other).mean()


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (17, 33), (129, 128)])
def test_any_size_is_rendered(network: SarNet, size: tuple[int, int]) -> None:
    assert rendered(network, stained(*size), stained(20, 20)).shape == (*size, 3)


def test_what_cannot_be_rendered_is_told() -> None:
    good = stained(20, 20)
    with pytest.raises(InputError, match=r"\(20, 20, 2\) with a mask"):
        Stained(good.density[..., :2], good.mask)
    with pytest.raises(InputError, match="no tissue"):
        Stained(good.density, 0 * good.mask)
    with pytest.raises(InputError, match="NaN"):
        Stained(good.density * np.nan, good.mask)
