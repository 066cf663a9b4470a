"""Local normalised cross-correlation: alike is what varies alike, whatever stain it shows."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from sar_models.engine.sampling import box_mean

_RADIUS_PX = 5
_NOISE_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class LocalCorrelation:
    """Correlation with fixed images, whose moments are worked out once.

    Parameters
    ----------
    fixed : (1, C, H, W) tensor
    """

    fixed: torch.Tensor
    mean: torch.Tensor
    variance: torch.Tensor

    @classmethod
    def with_fixed(cls, fixed: torch.Tensor) -> LocalCorrelation:
        """Return the correlation with ``fixed``."""
        mean = box_mean(fixed, _RADIUS_PX)
        variance = (box_mean(fixed * fixed, _RADIUS_PX) - mean * mean).clamp_min(0)
        return cls(fixed, mean, variance + _NOISE_SHARE * _over_image(variance) + 1e-6)

    def map(self, moving: torch.Tensor) -> torch.Tensor:
        """Return the local correlation with ``moving`` at each pixel, ``(1, 1, H, W)`` in [-1, 1].

        The mean over the channels. Flat places count little: a share of the mean variance is added
        to the local one.
        """
        moments = box_mean(
            torch.cat([moving, moving * moving, self.fixed * moving], dim=1), _RADIUS_PX
        )
        mean, square, product = moments.chunk(3, dim=1)
        variance = (square - mean * mean).clamp_min(0)
        noise = _NOISE_SHARE * _over_image(variance).detach() + 1e-6
        each = (product - self.mean * mean) / torch.sqrt(self.variance * (variance + noise))
        return each.mean(dim=1, keepdim=True)

    def loss(self, moving: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Return one minus the weighted mean correlation."""
        return 1 - (self.map(moving) * weight).sum() / weight.sum().clamp_min(1.0)


def _over_image(images: torch.Tensor) -> torch.Tensor:
    """Return the mean of each image, ``(1, C, 1, 1)``."""
    return images.mean(dim=(-2, -1), keepdim=True)
