"""The rigid map that most anchors of a group agree with: every two of them are tried."""

from __future__ import annotations

from typing import NamedTuple

import torch

from sar_models.engine.anchored.rigid import Rigid, fit_rigid, turn_of

_MOST_PAIRS = 300
"""A group of 25 anchors has as many; of more anchors a fixed choice of pairs is tried."""


class Consensus(NamedTuple):
    """What a group of anchors agrees on.

    Parameters
    ----------
    rigid : Rigid
        Fitted to the anchors that agree; ``(B, 2)`` each.
    inlier : (B, K) bool tensor
        Which ones do.
    score : (B,) tensor
        Their number; those that agree closely count for more.
    """

    rigid: Rigid
    inlier: torch.Tensor
    score: torch.Tensor


def find_consensus(
    source: torch.Tensor, target: torch.Tensor, reach: float | torch.Tensor
) -> Consensus:
    """Return the rigid map that the most anchors agree with.

    Nothing is left to chance: all pairs of anchors are tried, in one batch.

    Parameters
    ----------
    source, target : (B, K, 2) tensor
        K at least 2.
    reach : float or (B,) tensor
        Distance from its place within which an anchor agrees, target px.
    """
    reach = torch.as_tensor(reach, dtype=source.dtype, device=source.device).reshape(-1, 1)
    first, second = _pairs(source.shape[1], source.device)
    edge = source[:, second] - source[:, first], target[:, second] - target[:, first]
    unit = torch.ones((*edge[0].shape[:-1], 1), dtype=source.dtype, device=source.device)
    turn = turn_of(edge[0][..., None, :], edge[1][..., None, :], unit)
    middle = 0.5 * (source[:, second] + source[:, first])
    place = 0.5 * (target[:, second] + target[:, first])
    tried = Rigid(turn[:, :, None], middle[:, :, None], place[:, :, None])
    away = (tried.map(source[:, None]) - target[:, None]).norm(dim=-1)
    score = (1.0 - (away / reach[..., None]) ** 2).clamp_min(0.0).sum(-1)
    best = score.argmax(dim=1)
    index = torch.arange(len(best), device=best.device)
    inlier = away[index, best] <= reach
    # Where not even two agree, all of them are as good.
    inlier = inlier | (inlier.sum(-1, keepdim=True) < 2)
    rigid = fit_rigid(source, target, inlier.to(source.dtype))
    return Consensus(rigid, inlier, score[index, best])


def is_mirrored(source: torch.Tensor, target: torch.Tensor, reach: float) -> torch.Tensor:
    """Tell of each group whether its anchors agree better once the source is mirrored, ``(B,)``.

    Two anchors agree either way: it takes three.
    """
    as_is = find_consensus(source, target, reach).score
    return find_consensus(mirrored(source), target, reach).score > as_is + 1e-6


def mirrored(points: torch.Tensor) -> torch.Tensor:
    """Return points ``(..., 2)`` mirrored at the y axis."""
    return points * points.new_tensor([-1.0, 1.0])


def _pairs(count: int, device: torch.device) -> torch.Tensor:
    pairs = torch.combinations(torch.arange(count, device=device), 2)
    if len(pairs) > _MOST_PAIRS:
        pairs = pairs[torch.linspace(0, len(pairs) - 1, _MOST_PAIRS, device=device).long()]
    return pairs.T
