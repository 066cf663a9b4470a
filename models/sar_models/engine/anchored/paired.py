"""The network that keeps anchors paired: it weighs them for every point, geometry does the rest."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

from sar_models.engine.anchored.consensus import Consensus, find_consensus
from sar_models.engine.anchored.estimate import Estimate
from sar_models.engine.anchored.rigid import Rigid, mean_of, turn_of, turned

WIDTH = 48
_EDGE = 24
_GATES = 8
_ROUNDS = 3
_NEAR = 0.02
"""Least distance to an anchor that counts, in spreads of the anchors."""
_REACH = 0.06
"""Distance within which anchors agree at first, in spreads of the anchors."""
_LEAST_SIGMA = 1e-3
_KNOWN = 7
_STEEPEST = 3.0
"""Weights fall with at most this power of the distance; moving least squares take 2."""


class _Group(NamedTuple):
    """What the network makes of the anchors alone, before any point is asked for."""

    source: torch.Tensor
    target: torch.Tensor
    tokens: torch.Tensor
    gates: torch.Tensor
    trust: torch.Tensor
    spread: torch.Tensor
    consensus: Consensus


class PairedNet(nn.Module):
    """Weighs paired anchors for every point, as they agree with each other and are near.

    A group of anchors has no frame of its own: the network sees distances and turns between
    anchors on both sides, which no rigid motion of either slide changes. What it says of each
    point are weights, one set for the turn and one for the shift, and how much of each anchor's
    residual to take over; the place follows by a rigid fit. Anchors that agree exactly give an
    exact place whatever the weights are.
    """

    def __init__(self) -> None:
        super().__init__()
        self.edge = _mlp(8, 32, _EDGE)
        self.token = _mlp(_EDGE + 4, WIDTH, WIDTH)
        self.messages = nn.ModuleList(
            _mlp(2 * WIDTH + _EDGE, WIDTH, WIDTH + 1) for _ in range(_ROUNDS)
        )
        self.updates = nn.ModuleList(_mlp(2 * WIDTH, WIDTH, WIDTH) for _ in range(_ROUNDS))
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(_ROUNDS))
        self.gate = nn.Linear(2 * WIDTH + _EDGE, _GATES)
        self.trust = nn.Linear(WIDTH, 2)
        self.from_token = nn.Linear(WIDTH, WIDTH)
        self.from_context = nn.Linear(WIDTH, WIDTH, bias=False)
        self.from_place = nn.Linear(2 * _GATES + 4, WIDTH)
        self.hidden = nn.Linear(WIDTH, WIDTH)
        self.heads = nn.Linear(WIDTH, 3)
        self.sigma = _mlp(WIDTH + _KNOWN, WIDTH, 2)
        self.fall = nn.Linear(2 * WIDTH, 2)
        for layer in (self.heads, self.trust, self.fall):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        nn.init.ones_(self.fall.bias)

    def forward(self, points: torch.Tensor, source: torch.Tensor, target: torch.Tensor) -> Estimate:
        """Return where points lie on the target.

        Parameters
        ----------
        points : (B, N, 2) tensor
        source, target : (B, K, 2) tensor
            Paired anchors, K at least 2, at one scale and not mirrored.
        """
        return self.ask(self.group(source, target), points)

    def group(self, source: torch.Tensor, target: torch.Tensor) -> _Group:
        """Return what is known of a group of anchors, ``(B, K, 2)`` each."""
        centre = source.mean(1, keepdim=True)
        spread = (source - centre).square().sum(-1).mean(-1).sqrt().clamp_min(1e-6)
        source, target = source / spread[:, None, None], target / spread[:, None, None]
        consensus = find_consensus(source, target, _REACH)
        edges = self.edge(_edges(source, target, consensus.rigid))
        residual = (_mapped(consensus.rigid, source) - target).norm(dim=-1)
        own = torch.stack(
            [
                torch.log(residual + 0.01),
                consensus.inlier.to(source.dtype),
                consensus.inlier.to(source.dtype).mean(-1, keepdim=True).expand_as(residual),
                residual.new_full(residual.shape, 3.0 / residual.shape[-1]),
            ],
            dim=-1,
        )
        count = source.shape[1]
        others = 1.0 - torch.eye(count, dtype=source.dtype, device=source.device)
        tokens = self.token(
            torch.cat([(edges * others[..., None]).sum(2) / max(count - 1, 1), own], -1)
        )
        for message, update, norm in zip(self.messages, self.updates, self.norms, strict=True):
            found = message(_paired(tokens, edges))
            strength = torch.sigmoid(found[..., :1]) * others[..., None]
            heard = (strength * found[..., 1:]).sum(2) / (1.0 + strength.sum(2))
            tokens = norm(tokens + update(torch.cat([tokens, heard], -1)))
        gates = torch.sigmoid(self.gate(_paired(tokens, edges)))
        return _Group(source, target, tokens, gates, self.trust(tokens), spread, consensus)

    def ask(self, group: _Group, points: torch.Tensor) -> Estimate:
        """Return where points ``(B, N, 2)`` lie, by a group that is known."""
        points = points / group.spread[:, None, None]
        away = torch.cdist(points, group.source).clamp_min(_NEAR)
        near = torch.log(away)
        share = torch.softmax(-2.0 * near + group.trust[:, None, :, 0], -1)
        context = share @ group.tokens
        # Stiff groups hear all of their anchors alike, soft ones those that are near.
        whole = group.tokens.mean(1, keepdim=True).expand_as(context)
        fall = _STEEPEST * torch.sigmoid(self.fall(torch.cat([context, whole], -1)))
        shift_prior = group.trust[:, None, :, 0] - fall[..., :1] * near
        turn_prior = group.trust[:, None, :, 1] - fall[..., 1:] * near
        # What anchors near the point say of each anchor: do they lie on one piece?
        said = torch.einsum("bnj,bijg->bnig", share, group.gates)
        wide = torch.einsum("bnj,bijg->bnig", torch.softmax(turn_prior, -1), group.gates)
        near_first = near - near.amin(-1, keepdim=True)
        place = torch.stack([near, near_first, share, turn_prior.softmax(-1)], -1)
        hidden = self.from_place(torch.cat([said, wide, place], -1))
        hidden = (
            hidden + self.from_token(group.tokens)[:, None] + self.from_context(context)[:, :, None]
        )
        hidden = hidden.relu_()
        hidden = self.hidden(hidden).relu_()
        heads = self.heads(hidden)
        shift = torch.softmax(shift_prior + heads[..., 0], -1)
        turn = torch.softmax(turn_prior + heads[..., 1], -1)
        return self._placed(group, points, shift, turn, heads[..., 2], hidden)

    def _placed(
        self,
        group: _Group,
        points: torch.Tensor,
        shift: torch.Tensor,
        turn: torch.Tensor,
        takeover: torch.Tensor,
        hidden: torch.Tensor,
    ) -> Estimate:
        source, target = group.source[:, None], group.target[:, None]
        rigid = _weighted_rigid(source, target, shift, turn)
        local = target - Rigid(*(part[:, :, None] for part in rigid)).map(source)
        own = rigid.map(points) + ((shift * takeover)[..., None] * local).sum(2)
        common = _mapped(group.consensus.rigid, points)
        squared = local.square().sum(-1)
        residual = torch.sqrt((shift * squared).sum(-1) + 1e-8)
        wide = torch.sqrt((turn * squared).sum(-1) + 1e-8)
        nearest = (points[:, :, None] - source).square().sum(-1).amin(-1).clamp_min(_NEAR**2)
        agreed, off = _agreement(group)
        known = torch.stack(
            [
                torch.log(residual + 0.003),
                torch.log(wide + 0.003),
                0.5 * torch.log(nearest),
                shift.square().sum(-1),
                torch.log((own - common).norm(dim=-1) + 0.003),
                agreed[:, None].expand_as(residual),
                off[:, None].expand_as(residual),
            ],
            dim=-1,
        )
        pooled = (shift[..., None] * hidden).sum(2)
        said = self.sigma(torch.cat([pooled, known], -1))
        # Where all of the group moves as one, nothing is better than to let all of it say where.
        places = own + torch.sigmoid(said[..., 1:]) * (common - own)
        sigma = torch.exp(said[..., 0].clamp(-8.0, 4.0))
        spread = group.spread[:, None]
        return Estimate(places * spread[..., None], (sigma + _LEAST_SIGMA) * spread)


def _agreement(group: _Group) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the share of anchors that agree, and the logarithm of their residual, ``(B,)``."""
    inlier = group.consensus.inlier.to(group.source.dtype)
    away = (_mapped(group.consensus.rigid, group.source) - group.target).square().sum(-1)
    off = torch.sqrt((inlier * away).sum(-1) / inlier.sum(-1) + 1e-8)
    return inlier.mean(-1), torch.log(off + 0.003)


def _weighted_rigid(
    source: torch.Tensor, target: torch.Tensor, shift: torch.Tensor, turn: torch.Tensor
) -> Rigid:
    """Return the rigid map of every point: its turn by one set of weights, its shift by another."""
    middle = mean_of(source, turn)[:, :, None], mean_of(target, turn)[:, :, None]
    angle = turn_of(source - middle[0], target - middle[1], turn)
    return Rigid(angle, mean_of(source, shift), mean_of(target, shift))


def _edges(source: torch.Tensor, target: torch.Tensor, rigid: Rigid) -> torch.Tensor:
    """Return what two anchors say of each other, ``(B, K, K, 8)``; no rigid motion changes it."""
    there = turned(source[:, None] - source[:, :, None], rigid.turn[:, None, None])
    here = target[:, None] - target[:, :, None]
    length, own = there.norm(dim=-1), here.norm(dim=-1)
    both = (length * own).clamp_min(1e-4)
    cosine = (there * here).sum(-1) / both
    sine = (there[..., 0] * here[..., 1] - there[..., 1] * here[..., 0]) / both
    apart = (there - here).norm(dim=-1)
    return torch.stack(
        [
            torch.log(length + 0.02),
            torch.log(own + 0.02),
            torch.log((length - own).abs() + 0.01),
            (length - own).clamp(-2.0, 2.0),
            torch.log(apart + 0.01),
            cosine,
            sine,
            ((length - own) / (0.1 + length)).clamp(-3.0, 3.0),
        ],
        dim=-1,
    )


def _mapped(rigid: Rigid, points: torch.Tensor) -> torch.Tensor:
    return Rigid(*(part[:, None] for part in rigid)).map(points)


def _paired(tokens: torch.Tensor, edges: torch.Tensor) -> torch.Tensor:
    count = tokens.shape[1]
    first = tokens[:, :, None].expand(-1, -1, count, -1)
    second = tokens[:, None].expand(-1, count, -1, -1)
    return torch.cat([first, second, edges], -1)


def _mlp(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))
