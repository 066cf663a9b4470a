"""Retrieval by geometry alone: moving least squares, splines, one map for a group."""

from __future__ import annotations

import torch

from sar_models.engine.anchored.consensus import find_consensus
from sar_models.engine.anchored.estimate import Estimate
from sar_models.engine.anchored.rigid import Rigid, fit_affine, fit_rigid

_NEAREST = 1e-3
"""Least distance to an anchor that counts, in spreads of the anchors."""
_REACH = 0.07
"""Distance within which anchors agree, in spreads: 12 px where they fill a frame of 400 px."""
_STIFFNESS = 0.04
"""Of the spline, in squared spreads: what smooths away errors of 1 % of the frame."""


def spread_of(source: torch.Tensor) -> torch.Tensor:
    """Return how far anchors ``(B, K, 2)`` lie from their middle, root mean square, ``(B,)``."""
    centred = source - source.mean(1, keepdim=True)
    return centred.square().sum(-1).mean(-1).sqrt().clamp_min(1e-6)


def mls_rigid(points: torch.Tensor, source: torch.Tensor, target: torch.Tensor) -> Estimate:
    """Fit a rigid map for every point, anchors weighing by the inverse square of their distance."""
    ones = torch.ones_like(source[..., 0])
    return _mls(points, source, target, ones)


def consensus_mls(points: torch.Tensor, source: torch.Tensor, target: torch.Tensor) -> Estimate:
    """Do the same with the anchors of the largest group that agrees on a rigid map."""
    reach = _REACH * spread_of(source)
    inlier = find_consensus(source, target, reach).inlier
    return _mls(points, source, target, inlier.to(source.dtype))


def consensus_rigid(points: torch.Tensor, source: torch.Tensor, target: torch.Tensor) -> Estimate:
    """Apply the rigid map on which the largest group of anchors agrees."""
    reach = _REACH * spread_of(source)
    found = find_consensus(source, target, reach)
    rigid = Rigid(*(part[:, None] for part in found.rigid))
    weight = found.inlier.to(source.dtype)
    return _with_residual(rigid.map(points), rigid.map(source), target, weight)


def group_affine(points: torch.Tensor, source: torch.Tensor, target: torch.Tensor) -> Estimate:
    """Apply the affine map of the largest group of anchors that agrees on a rigid one."""
    reach = _REACH * spread_of(source)
    weight = find_consensus(source, target, reach).inlier.to(source.dtype)
    affine = fit_affine(source, target, weight)
    return _with_residual(_apply(affine, points), _apply(affine, source), target, weight)


def thin_plate(points: torch.Tensor, source: torch.Tensor, target: torch.Tensor) -> Estimate:
    """Bend a thin plate along the anchors; it gives way a little."""
    spread = spread_of(source)[:, None, None]
    middle = source.mean(1, keepdim=True)
    anchors, asked = (source - middle) / spread, (points - middle) / spread
    count = anchors.shape[1]
    flat = torch.cat([anchors, torch.ones_like(anchors[..., :1])], dim=-1)
    eye = torch.eye(count, dtype=source.dtype, device=source.device)
    upper = torch.cat([_plate(anchors, anchors) + _STIFFNESS * eye, flat], dim=-1)
    # Three anchors on a line, or two: what they leave open stays as small as it may.
    lower = torch.cat(
        [flat.transpose(1, 2), -1e-6 * torch.eye(3).to(flat).expand(len(flat), 3, 3)], -1
    )
    known = torch.cat([target, torch.zeros_like(target[:, :1]).expand(-1, 3, -1)], dim=1)
    weight = torch.linalg.solve(torch.cat([upper, lower], dim=1), known)

    def bent(at: torch.Tensor) -> torch.Tensor:
        ones = torch.ones_like(at[..., :1])
        found: torch.Tensor = torch.cat([_plate(at, anchors), at, ones], dim=-1) @ weight
        return found

    return _with_residual(bent(asked), bent(anchors), target, torch.ones_like(target[..., 0]))


def _mls(
    points: torch.Tensor, source: torch.Tensor, target: torch.Tensor, trust: torch.Tensor
) -> Estimate:
    nearest = _NEAREST * spread_of(source)[:, None, None]
    weight = trust[:, None] * torch.cdist(points, source).clamp_min(nearest) ** -2
    rigid = fit_rigid(source[:, None], target[:, None], weight)
    local = Rigid(*(part[:, :, None] for part in rigid)).map(source[:, None])
    squared = (local - target[:, None]).square().sum(-1)
    share = weight / weight.sum(-1, keepdim=True)
    return Estimate(rigid.map(points), torch.sqrt(0.5 * (share * squared).sum(-1)))


def _with_residual(
    places: torch.Tensor, mapped: torch.Tensor, target: torch.Tensor, weight: torch.Tensor
) -> Estimate:
    """Return places with the error that the anchors of a single map have."""
    squared = (weight * (mapped - target).square().sum(-1)).sum(-1) / weight.sum(-1).clamp_min(1.0)
    return Estimate(places, torch.sqrt(0.5 * squared)[:, None].expand(places.shape[:-1]))


def _apply(affine: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    return torch.cat([points, torch.ones_like(points[..., :1])], dim=-1) @ affine


def _plate(points: torch.Tensor, anchors: torch.Tensor) -> torch.Tensor:
    squared = torch.cdist(points, anchors).square()
    return 0.5 * squared * torch.log(squared.clamp_min(1e-12))
