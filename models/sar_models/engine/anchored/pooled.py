"""SAR2Net's descriptor as its paper has it: a point as a pooled set of its relations to anchors."""

from __future__ import annotations

import torch
from torch import nn

WIDTH = 256
_UNIT_PX = 100.0
"""The paper hands pixels to the network; as hundreds they have the size that layers expect."""


class PooledNet(nn.Module):
    """Describes a point by its anchors, so that one structure is described alike on both slides.

    Of every anchor ``a`` the network is told ``[x - a, a]``; a perceptron makes 256 numbers of it,
    and gated attention pools those of all anchors. The origin is the lowest corner of the anchors,
    so that shifts do not matter; turns have to be learned.
    """

    def __init__(self) -> None:
        super().__init__()
        self.relation = nn.Sequential(
            nn.Linear(4, 128),
            nn.ReLU(),
            nn.Linear(128, WIDTH),
            nn.ReLU(),
            nn.Linear(WIDTH, WIDTH),
            nn.ReLU(),
            nn.Linear(WIDTH, WIDTH),
            nn.ReLU(),
        )
        self.content = nn.Linear(WIDTH, WIDTH)
        self.gate = nn.Linear(WIDTH, WIDTH)
        self.attention = nn.Linear(WIDTH, 1)

    def forward(self, points: torch.Tensor, anchors: torch.Tensor) -> torch.Tensor:
        """Return the descriptors of points.

        Parameters
        ----------
        points : (B, N, 2) tensor
        anchors : (B, K, 2) tensor
            On the same slide, px.

        Returns
        -------
        (B, N, 256) tensor
            Of length one.
        """
        origin = anchors.amin(dim=1, keepdim=True)
        at, own = (points - origin) / _UNIT_PX, (anchors - origin) / _UNIT_PX
        away = at[:, :, None] - own[:, None]
        hidden = self.relation(torch.cat([away, own[:, None].expand_as(away)], -1))
        gated = torch.tanh(self.content(hidden)) * torch.sigmoid(self.gate(hidden))
        share = torch.softmax(self.attention(gated), dim=2)
        return nn.functional.normalize((share * hidden).sum(2), dim=-1)
