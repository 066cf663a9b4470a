"""Local geometry-aware negatives: what looks alike to anchors nearby, on their other side."""

from __future__ import annotations

import torch

_NEIGHBOURS = 4
_JITTER = 0.1


def mirrored_negatives(points: torch.Tensor, anchors: torch.Tensor) -> torch.Tensor:
    """Return a hard negative for every point: as far from its nearest anchors, on the other side.

    The paper lays it beyond the hull of the neighbours of the nearest anchor. A line through the
    nearest anchor, along the widest spread of its neighbours, stands for that hull here: it
    exists for any number of anchors, also where they lie on a line.

    Parameters
    ----------
    points : (B, N, 2) tensor
        True places on the target.
    anchors : (B, K, 2) tensor
        On the target.

    Returns
    -------
    (B, N, 2) tensor
    """
    away = torch.cdist(points, anchors)
    count = min(_NEIGHBOURS, anchors.shape[1])
    nearest = away.topk(count, dim=-1, largest=False).indices
    batch = torch.arange(len(points), device=points.device)[:, None, None]
    around = anchors[batch, nearest]
    centred = around - around.mean(2, keepdim=True)
    xx, yy = centred[..., 0].square().sum(-1), centred[..., 1].square().sum(-1)
    xy = (centred[..., 0] * centred[..., 1]).sum(-1)
    angle = 0.5 * torch.atan2(2.0 * xy, xx - yy)
    along = torch.stack([torch.cos(angle), torch.sin(angle)], -1)
    first = around[:, :, 0]
    offset = points - first
    mirrored = 2.0 * (offset * along).sum(-1, keepdim=True) * along - offset
    # A fixed stretch: a mirror image at exactly one distance would be too easy to tell.
    return first + (1.0 + _JITTER) * mirrored
