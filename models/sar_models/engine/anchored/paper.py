"""Retrieval as SAR2Net's paper has it: the places on the target that are described most alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from sar_models.engine.anchored.estimate import Estimate
from sar_models.engine.anchored.geometric import spread_of

if TYPE_CHECKING:
    from sar_models.engine.anchored.pooled import PooledNet

_ROWS = 1000
"""Points that are compared with all candidates at a time."""
_CANDIDATES_ACROSS = 32
_FINER = 5
_MARGIN = 0.6
"""How far around the anchors candidates lie, in their extents."""


@dataclass(frozen=True, eq=False)
class PaperEstimator:
    """Lays candidates over the target and takes the five that are most alike.

    Around each of the five best candidates finer ones are tried, so that the
    distance of the candidates is not the error.

    Parameters
    ----------
    network : PooledNet
    threshold : float
        Cosine similarity that the best candidate needs; the paper's is 0.7. Points without one have
        NaN places.
    top : int
        Candidates that are averaged, by their similarity.
    """

    network: PooledNet
    threshold: float = -1.0
    top: int = 5

    def __call__(
        self, points: torch.Tensor, source: torch.Tensor, target: torch.Tensor
    ) -> Estimate:
        """Return the places of ``points`` ``(B, N, 2)``, given anchors ``(B, K, 2)``."""
        candidates, step = _candidates(target)
        described = self.network(candidates, target)
        parts = [
            self._found(self.network(chunk, source), candidates, described, step, target)
            for chunk in torch.split(points, _ROWS, dim=1)
        ]
        places, alike = (torch.cat(part, dim=1) for part in zip(*parts, strict=True))
        places = places.masked_fill((alike < self.threshold)[..., None], torch.nan)
        return Estimate(places, (1.0 - alike) * spread_of(source)[:, None])

    def _found(
        self,
        asked: torch.Tensor,
        candidates: torch.Tensor,
        described: torch.Tensor,
        step: torch.Tensor,
        target: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        count = asked.shape[1]
        alike, index = (asked @ described.transpose(1, 2)).topk(self.top, dim=-1)
        batch = torch.arange(len(asked), device=asked.device)[:, None]
        best = candidates[batch, index[..., 0]]
        offset = _lattice(_FINER, best) * step[:, None, None, None]
        finer = best[:, :, None] + offset
        own = self.network(finer.flatten(1, 2), target).unflatten(1, (count, -1))
        similar = torch.einsum("bnd,bncd->bnc", asked, own)
        chosen = torch.cat([alike[..., :1], similar], -1)
        places = torch.cat([best[:, :, None], finer], 2)
        top = chosen.topk(self.top, dim=-1)
        picked = places.gather(2, top.indices[..., None].expand(-1, -1, -1, 2))
        share = torch.softmax(top.values / 0.05, dim=-1)
        return (share[..., None] * picked).sum(2), top.values[..., 0]


def _candidates(target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a grid around anchors, ``(B, M, 2)``, and the distance of its points, ``(B,)``."""
    low, high = target.amin(1), target.amax(1)
    middle, half = 0.5 * (low + high), (0.5 + _MARGIN) * (high - low).amax(-1)
    step = 2.0 * half / (_CANDIDATES_ACROSS - 1)
    lattice = _lattice(_CANDIDATES_ACROSS, target) * (_CANDIDATES_ACROSS - 1) / 2.0
    return middle[:, None] + lattice * step[:, None, None], step


def _lattice(count: int, like: torch.Tensor) -> torch.Tensor:
    """Return a square of points between -1 and 1, ``(count * count, 2)``."""
    line = torch.linspace(-1.0, 1.0, count, dtype=like.dtype, device=like.device)
    y, x = torch.meshgrid(line, line, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=-1)
