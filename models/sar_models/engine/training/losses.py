"""What SAR-Net is trained for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from sar_models.engine.sampling import box_mean

if TYPE_CHECKING:
    from sar_models.engine.scene.network import SarNet
    from sar_models.engine.training.views import Views

_RADIUS_PX = 5
_NOISE_SHARE = 0.1
_TEMPERATURE = 0.07
_SHARPNESS = 10.0
_BLOCK_PX = 16
_LEAST_SEEN = 0.5
_ROLLS = ((4, 0), (0, -4), (7, 0), (-7, 0), (0, 7), (0, -7), (5, 5), (-5, -5), (14, -14), (-14, 14))
_POINTS = 48
_APART_PX = 6.0
_CYCLE_PART = 4
"""One in so many pairs is rendered under the other appearance: it is the dearest of the losses."""


@dataclass(frozen=True)
class LossWeights:
    """How much each loss counts; zero leaves it out (SAR-Net's ablation)."""

    reconstruction: float = 1.0
    scene: float = 0.5
    cycle: float = 0.2
    alignment: float = 1.0
    points: float = 0.3
    """Telling one place's scene from another's, in the crop, in others, and near by."""
    structures: float = 0.5
    """Telling one place's structures from shifted, turned and foreign ones, by correlation."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Two stained views: optical densities ``(B, 3, H, W)`` and how they lie on each other."""

    first: torch.Tensor
    second: torch.Tensor
    views: Views


def losses_of(network: SarNet, batch: Batch, weights: LossWeights) -> dict[str, torch.Tensor]:
    """Return every loss that counts, each a number.

    Notes
    -----
    The first three are the paper's: scenes of one place agree whatever the stain; an appearance
    survives rendering, and so does the scene; the second view's scene, laid on the first and seen
    under the first's appearance, is the first view. The last two keep scenes telling: agreement
    alone is also had by scenes that show little.
    """
    first, second = network.scene(batch.first), network.scene(batch.second)
    weight = F.avg_pool2d(batch.views.tissue, 2)
    laid = laid_on_first(second, batch.views)
    found: dict[str, torch.Tensor] = {}
    if weights.scene:
        found["scene"] = _mean((first - laid) ** 2, weight)
    found.update(_rendering(network, batch, first, second, laid, weights))
    if weights.points:
        found["points"] = _telling_points(first, laid, weight)
    if weights.structures:
        structures = network.scene_encoder.structures
        found["structures"] = _telling_structures(structures(first), structures(laid), weight)
    return found


def total(losses: dict[str, torch.Tensor], weights: LossWeights) -> torch.Tensor:
    """Return the weighted sum."""
    return torch.stack([getattr(weights, name) * loss for name, loss in losses.items()]).sum()


def laid_on_first(second: torch.Tensor, views: Views) -> torch.Tensor:
    """Return scenes ``(B, C, H/2, W/2)`` of the second views at the places of the first views."""
    grid = views.second_from_first.permute(0, 3, 1, 2)
    coarse = F.avg_pool2d(grid, 2).permute(0, 2, 3, 1)
    return F.grid_sample(second, coarse, padding_mode="border", align_corners=False)


def _rendering(
    network: SarNet,
    batch: Batch,
    first: torch.Tensor,
    second: torch.Tensor,
    laid: torch.Tensor,
    weights: LossWeights,
) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = {}
    seen_first, seen_second = network.appearance(batch.first), network.appearance(batch.second)
    if weights.reconstruction:
        both = torch.cat([first, second]), torch.cat([seen_first, seen_second])
        pictures = torch.cat([batch.first, batch.second])
        found["reconstruction"] = (network.render(*both) - pictures).abs().mean()
    if weights.alignment:
        rendered = network.render(laid, seen_first)
        found["alignment"] = _mean((rendered - batch.first).abs(), batch.views.tissue)
    if weights.cycle:
        some = max(len(first) // _CYCLE_PART, 1)
        swapped = network.render(first[:some], seen_second[:some])
        appearance = F.mse_loss(network.appearance(swapped), seen_second[:some].detach())
        scene = F.mse_loss(network.scene(swapped.clamp(0.0, 3.0)), first[:some].detach())
        found["cycle"] = appearance + scene
    return found


def _telling_points(first: torch.Tensor, laid: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Return InfoNCE over places: those of other crops and of the same one are negatives."""
    count, channels, _, width = first.shape
    chosen = torch.multinomial(weight.reshape(count, -1) + 1e-6, _POINTS)
    index = chosen[:, None].expand(-1, channels, -1)
    one, other = (
        F.normalize(torch.gather(scene.reshape(count, channels, -1), 2, index), dim=1)
        .permute(0, 2, 1)
        .reshape(-1, channels)
        for scene in (first, laid)
    )
    places = torch.stack([chosen % width, chosen // width], dim=-1).float()
    near = torch.cdist(places, places) < _APART_PX
    same = torch.block_diag(*near).bool()  # type: ignore[no-untyped-call]
    same.fill_diagonal_(False)
    logits = (one @ other.T / _TEMPERATURE).masked_fill(same, -1e4)
    target = torch.arange(len(logits))
    return 0.5 * (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target))


def _telling_structures(
    first: torch.Tensor, laid: torch.Tensor, weight: torch.Tensor
) -> torch.Tensor:
    """Return InfoNCE over blocks by the correlation that registration uses, at two scales."""
    each = []
    for scale in range(2):
        if scale:
            first, laid = F.avg_pool2d(first, 2), F.avg_pool2d(laid, 2)
            weight = F.avg_pool2d(weight, 2)
        each.append(_telling_blocks(first, laid, weight))
    return torch.stack(each).mean()


def _telling_blocks(first: torch.Tensor, laid: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    count = len(first)
    crops = torch.arange(count)
    others = [laid] + [laid.roll(step, dims=0) for step in range(1, min(count, 4))]
    others += [laid.roll(shift, dims=(-2, -1)) for shift in _ROLLS]
    others += [laid.flip(-1), laid.flip(-2), laid.rot90(2, (-2, -1)), laid.transpose(-1, -2)]
    tried = torch.stack(others, dim=1)  # (B, N, C, h, w), the right one first
    correlation = local_correlation(first[:, None].expand_as(tried), tried)
    blocks = F.avg_pool2d(correlation * weight, _BLOCK_PX)
    seen = F.avg_pool2d(weight, _BLOCK_PX)
    scores = blocks / seen.clamp_min(1e-3)
    of_block = scores.permute(0, 2, 3, 1).reshape(-1, tried.shape[1])
    enough = (seen.reshape(-1) > _LEAST_SEEN).float()
    target = torch.zeros(len(of_block), dtype=torch.long)
    of_blocks = F.cross_entropy(_SHARPNESS * of_block, target, reduction="none")
    whole = (correlation * weight).mean(dim=(-2, -1)) / weight.mean(dim=(-2, -1)).clamp_min(1e-3)
    of_crops = F.cross_entropy(2 * _SHARPNESS * whole, torch.zeros_like(crops))
    return (of_blocks * enough).sum() / enough.sum().clamp_min(1.0) + 0.5 * of_crops


def local_correlation(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the local correlation of ``(B, N, C, h, w)`` images, mean over C: ``(B, N, h, w)``.

    As `sar_models.engine.similarity.LocalCorrelation`, for many pairs at once.
    """
    shape = first.shape
    one, other = (x.reshape(1, -1, *shape[-2:]) for x in (first, second))
    one_mean, other_mean = box_mean(one, _RADIUS_PX), box_mean(other, _RADIUS_PX)
    product = box_mean(one * other, _RADIUS_PX) - one_mean * other_mean
    deviation = torch.ones_like(product)
    for image, mean in ((one, one_mean), (other, other_mean)):
        variance = (box_mean(image * image, _RADIUS_PX) - mean * mean).clamp_min(0)
        noise = _NOISE_SHARE * variance.mean(dim=(-2, -1), keepdim=True) + 1e-6
        deviation = deviation * (variance + noise)
    return (product / deviation.sqrt()).reshape(shape).mean(dim=2)


def _mean(values: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return (values.mean(dim=1, keepdim=True) * weight).sum() / weight.sum().clamp_min(1.0)
