"""From working pixels to level-0 pixels: the transform of a registered pair."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter

from sar_models.domain.transforms import Affine, Displacement, Sequence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.engine.refinement import Field
    from sar_models.engine.registered import Registered
    from sar_models.engine.section import Section

_NODES = 48
_MIN_JACOBIAN = 0.15
_MAX_SMOOTHING = 12


@dataclass(frozen=True, eq=False)
class FieldMap:
    """A field that reaches beyond its frame, between two slides.

    Parameters
    ----------
    canonical_from_source : Affine
        Level-0 source pixels to canonical pixels.
    displacement : Displacement
        Canonical pixels; the border's displacement goes on for ``reach`` pixels outside.
    target_from_canonical : Affine
        Canonical pixels to level-0 target pixels.
    """

    canonical_from_source: Affine
    displacement: Displacement
    target_from_canonical: Affine

    @property
    def transform(self) -> Sequence:
        """``target_from_source``, level-0 pixels."""
        return Sequence((self.canonical_from_source, self.displacement, self.target_from_canonical))

    def with_values(self, values: NDArray[np.float64]) -> FieldMap:
        """Return the map with other displacements at the same nodes."""
        return replace(self, displacement=replace(self.displacement, values=values))

    @property
    def nodes(self) -> Points:
        """Positions of all nodes, ``(ny * nx, 2)`` canonical pixels."""
        rows, columns, _ = self.displacement.values.shape
        y, x = np.mgrid[0:rows, 0:columns]
        index = np.stack([x.ravel(), y.ravel()], axis=-1)
        return np.asarray(self.displacement.origin + index * self.displacement.spacing)

    @property
    def jacobian(self) -> NDArray[np.float64]:
        """Change of area of the field at each node, ``(ny, nx)``; not positive where it folds."""
        values, spacing = self.displacement.values, self.displacement.spacing
        dy = np.gradient(values, spacing[1], axis=0)
        dx = np.gradient(values, spacing[0], axis=1)
        det: NDArray[np.float64] = (1 + dx[..., 0]) * (1 + dy[..., 1]) - dx[..., 1] * dy[..., 0]
        return det

    @property
    def folding(self) -> float:
        """Share of nodes at which the field folds."""
        return float((self.jacobian <= 0).mean())

    def unfolded(self) -> FieldMap:
        """Return the map, smoothed as far as it takes to keep every cell the right way up."""
        current = self
        for step in range(_MAX_SMOOTHING):
            if current.jacobian.min() > _MIN_JACOBIAN:
                return current
            sigma = (0.7 + 0.3 * step, 0.7 + 0.3 * step, 0.0)
            current = self.with_values(
                gaussian_filter(current.displacement.values, sigma, mode="nearest")
            )
        return self.with_values(np.zeros_like(self.displacement.values))


def field_map(
    registered: Registered, source: Section, target: Section, reach_px: float
) -> FieldMap:
    """Return the map of a registered pair between the slides.

    Parameters
    ----------
    registered : Registered
    source, target : Section
    reach_px : float
        How far beyond the frame points have to be mapped, canonical pixels.
    """
    pair = registered.pair
    return FieldMap(
        pair.canonical_from_source @ source.slide_from_working.inverse(),
        _displacement(registered.field, reach_px),
        target.slide_from_working @ pair.target_from_canonical,
    ).unfolded()


def _displacement(field: Field, reach_px: float) -> Displacement:
    height, width = field.shape
    step = max(height, width) / _NODES
    rows, columns = max(math.ceil(height / step), 4), max(math.ceil(width / step), 4)
    # The field's nodes run from the first pixel's centre to the last one's.
    spacing = np.array([(width - 1) / (columns - 1), (height - 1) / (rows - 1)])
    beyond = math.ceil(reach_px / float(spacing.min())) + 1
    values = np.pad(
        field.dense(rows, columns), ((beyond, beyond), (beyond, beyond), (0, 0)), mode="edge"
    )
    return Displacement(0.5 - beyond * spacing, spacing, values)
