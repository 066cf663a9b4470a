"""What anchors say of points, in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    import torch


class Estimate(NamedTuple):
    """Places of points, and how far off they may be.

    Parameters
    ----------
    places : (B, N, 2) tensor
        Target px.
    sigma : (B, N) tensor
        Scale of the error, target px: half of its mean.
    """

    places: torch.Tensor
    sigma: torch.Tensor


class Estimator(Protocol):
    """Estimates places of points from anchors, for many groups at once.

    Both slides are at one scale, and the source is not mirrored: see
    `sar_models.engine.anchored.retriever`.
    """

    def __call__(
        self, points: torch.Tensor, source: torch.Tensor, target: torch.Tensor
    ) -> Estimate:
        """Return the places of ``points`` ``(B, N, 2)``, given anchors ``(B, K, 2)``."""
        ...
