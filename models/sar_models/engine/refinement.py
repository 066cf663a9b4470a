"""Smooth refinement: a displacement field on a coarse grid of nodes, from coarse to fine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from sar_models.engine.descent import minimised
from sar_models.engine.sampling import as_tensor, pixel_ratio, positions, sample, shrunk
from sar_models.engine.similarity import LocalCorrelation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.engine.canonical import Canonical


class FieldLevel(NamedTuple):
    """A step from coarse to fine."""

    size_px: int
    """Long side of the images."""
    steps: int
    """Steps of the optimiser."""
    cells: int
    """Cells of the node grid along the long side."""


@dataclass(frozen=True, eq=False)
class Field:
    """A displacement in a canonical frame.

    Parameters
    ----------
    nodes : (ny, nx, 2) float64
        Displacement in canonical pixels at nodes spread evenly from edge to edge of the frame.
    shape : (height, width)
        Extent of the frame, canonical pixels.
    """

    nodes: NDArray[np.float64]
    shape: tuple[int, int]

    def dense(self, rows: int, columns: int) -> NDArray[np.float64]:
        """Return the displacement at ``rows x columns`` points from edge to edge, ``(.., 2)``."""
        nodes = torch.from_numpy(self.nodes).permute(2, 0, 1)[None]
        dense = F.interpolate(nodes, (rows, columns), mode="bicubic", align_corners=True)
        return np.asarray(dense[0].permute(1, 2, 0).numpy())


@dataclass(frozen=True)
class FieldRefiner:
    """Make a canonical pair alike by a smooth displacement; stiff enough not to fold."""

    levels: tuple[FieldLevel, ...] = (
        FieldLevel(112, 50, 4),
        FieldLevel(160, 50, 8),
        FieldLevel(224, 50, 14),
    )
    rate: float = 0.006
    """Step of the optimiser, in long sides."""
    bending: float = 0.12
    """Weight of the bending energy against one unit of correlation."""

    @classmethod
    def for_piece(cls) -> FieldRefiner:
        """Return the refiner of one piece: fewer structures tell less about how it is bent."""
        coarse, middle, fine = cls().levels
        return cls((coarse, middle, fine._replace(cells=10)), bending=0.5)

    def refine(self, pair: Canonical, device: torch.device, share: float = 1.0) -> Field:
        """Return the displacement from the posed source to the target.

        Parameters
        ----------
        pair : Canonical
        device : torch.device
        share : float
            Size of the images over those of `levels`: smaller tissue than a section needs less.
        """
        fixed, mask = as_tensor(pair.source, device), as_tensor(pair.source_mask, device)
        moving, known = as_tensor(pair.target, device), as_tensor(pair.target_known, device)
        height, width = pair.shape
        long_side = pair.long_side_px
        nodes: torch.Tensor | None = None
        for level in self.levels:
            size = (
                max(round(level.cells * height / long_side), 3) + 1,
                max(round(level.cells * width / long_side), 3) + 1,
            )
            if nodes is None:
                nodes = torch.zeros(1, 2, *size, device=device)
            else:
                nodes = F.interpolate(nodes, size, mode="bicubic", align_corners=True)
            seen = level._replace(size_px=round(level.size_px * share))
            nodes = self._optimised(nodes, fixed, mask, moving, known, seen)
        if nodes is None or not bool(torch.isfinite(nodes).all()):
            nodes = torch.zeros(1, 2, 4, 4, device=device)
        values = nodes[0].permute(1, 2, 0).cpu().numpy().astype(np.float64) * long_side
        return Field(values, (height, width))

    def _optimised(
        self,
        start: torch.Tensor,
        fixed: torch.Tensor,
        mask: torch.Tensor,
        moving: torch.Tensor,
        known: torch.Tensor,
        level: FieldLevel,
    ) -> torch.Tensor:
        factor = min(level.size_px / max(fixed.shape[-2:]), 1.0)
        a, weight, b, seen_b = (shrunk(image, factor) for image in (fixed, mask, moving, known))
        correlation = LocalCorrelation.with_fixed(a)
        grid = positions(a.shape[-2], a.shape[-1], a.device)
        long_side = max(fixed.shape[-2:]) * pixel_ratio(fixed, a)

        def loss(nodes: torch.Tensor) -> torch.Tensor:
            moved = F.interpolate(nodes, a.shape[-2:], mode="bicubic", align_corners=True)
            points = grid + moved.permute(0, 2, 3, 1) * long_side
            seen = sample(seen_b, points).detach()
            unlike = correlation.loss(sample(b, points), weight * seen)
            return unlike + self.bending * _bending_energy(nodes, level.cells)

        return minimised(loss, start, self.rate, level.steps)


def _bending_energy(nodes: torch.Tensor, cells: int) -> torch.Tensor:
    """Return the mean squared second derivative over the unit square."""
    xx = nodes[..., 2:] - 2 * nodes[..., 1:-1] + nodes[..., :-2]
    yy = nodes[:, :, 2:] - 2 * nodes[:, :, 1:-1] + nodes[:, :, :-2]
    xy = nodes[:, :, 1:, 1:] - nodes[:, :, :-1, 1:] - nodes[:, :, 1:, :-1] + nodes[:, :, :-1, :-1]
    return ((xx**2).mean() + (yy**2).mean() + 2 * (xy**2).mean()) * cells**4
