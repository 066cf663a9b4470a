"""Weighted rigid and affine fits in closed form, batched."""

from __future__ import annotations

from typing import NamedTuple

import torch

_TINY = 1e-12


class Rigid(NamedTuple):
    """Rigid maps ``y = turn (x - from_) + to``.

    Parameters
    ----------
    turn : (..., 2) tensor
        Cosine and sine of the turn.
    from_, to : (..., 2) tensor
        A point and where it comes to lie.
    """

    turn: torch.Tensor
    from_: torch.Tensor
    to: torch.Tensor

    def map(self, points: torch.Tensor) -> torch.Tensor:
        """Return where points come to lie; leading dimensions are broadcast, ``(..., 2)``."""
        return turned(points - self.from_, self.turn) + self.to


def turned(vectors: torch.Tensor, turn: torch.Tensor) -> torch.Tensor:
    """Return vectors ``(..., 2)`` turned by ``turn`` ``(..., 2)``, its cosine and sine."""
    cosine, sine = turn[..., 0], turn[..., 1]
    x, y = vectors[..., 0], vectors[..., 1]
    return torch.stack([cosine * x - sine * y, sine * x + cosine * y], dim=-1)


def turn_of(source: torch.Tensor, target: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Return the turn that best takes centred source vectors to target vectors.

    Parameters
    ----------
    source, target : (..., K, 2) tensor
    weight : (..., K) tensor
        Not negative.

    Returns
    -------
    (..., 2) tensor
        Cosine and sine; no turn where the vectors do not tell one.
    """
    cosine = (weight * (source * target).sum(-1)).sum(-1)
    cross = source[..., 0] * target[..., 1] - source[..., 1] * target[..., 0]
    sine = (weight * cross).sum(-1)
    length = torch.sqrt(cosine**2 + sine**2 + _TINY**2)
    none = length <= _TINY
    turn = torch.stack([cosine, sine], dim=-1) / length[..., None]
    still = turn.new_tensor([1.0, 0.0])
    return torch.where(none[..., None], still, turn)


def mean_of(points: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Return the weighted mean of points ``(..., K, 2)`` under ``(..., K)``, ``(..., 2)``."""
    total = weight.sum(-1, keepdim=True).clamp_min(_TINY)
    return (weight[..., None] * points).sum(-2) / total


def fit_rigid(source: torch.Tensor, target: torch.Tensor, weight: torch.Tensor) -> Rigid:
    """Return the rigid map with the least weighted squared error.

    Parameters
    ----------
    source, target : (..., K, 2) tensor
        Paired.
    weight : (..., K) tensor
        Not negative.
    """
    from_, to = mean_of(source, weight), mean_of(target, weight)
    centred = source - from_[..., None, :], target - to[..., None, :]
    return Rigid(turn_of(*centred, weight), from_, to)


def fit_affine(source: torch.Tensor, target: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Return the affine map with the least weighted squared error, ``(..., 3, 2)``.

    It takes ``[x, y, 1]`` to its product with the map. A thousandth of the spread holds it rigid
    where anchors lie on a line.
    """
    rigid = fit_rigid(source, target, weight)
    total = weight.sum(-1).clamp_min(_TINY)[..., None, None]
    centred, own = source - rigid.from_[..., None, :], target - rigid.to[..., None, :]
    weighted = centred * weight[..., None] / total
    spread = weighted.transpose(-1, -2) @ centred
    ridge = 1e-3 * spread.diagonal(dim1=-2, dim2=-1).sum(-1)[..., None, None] + _TINY
    ridge = ridge * torch.eye(2, dtype=source.dtype, device=source.device)
    cosine, sine = rigid.turn[..., 0], rigid.turn[..., 1]
    turn = torch.stack([torch.stack([cosine, sine], -1), torch.stack([-sine, cosine], -1)], -2)
    linear = torch.linalg.solve(spread + ridge, weighted.transpose(-1, -2) @ own + ridge @ turn)
    shift = rigid.to[..., None, :] - rigid.from_[..., None, :] @ linear
    return torch.cat([linear, shift], dim=-2)
