"""Everything that is measured and drawn once, and then shown on the page and as previews."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.domain.alignment import Alignment, Outcome
from sar_models.report.density import false_colour, tissue_density
from sar_models.report.heat import HeatMap, confidence_map, error_map
from sar_models.report.lattice import Lattice, lattices_of
from sar_models.report.raster import mask_of
from sar_models.report.registered import Registered, register
from sar_models.report.resample import warp_affine
from sar_models.report.residuals import AnchorPicture, anchor_picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.transforms import Affine
    from sar_models.report.views import Image, SlideView


@dataclass(frozen=True, eq=False)
class Material:
    """An alignment with the views of its slides, and what follows from both.

    Parameters
    ----------
    alignment : Alignment
    source, target : SlideView
        Views of a size fit for a page.
    restained : SlideView or None
        The source under the target's stain, where that was rendered.
    """

    alignment: Alignment
    source: SlideView
    target: SlideView
    restained: SlideView | None = None

    @property
    def is_registered(self) -> bool:
        """Whether there is one placement of the source to be shown on the target."""
        return bool(self.alignment.fragments) and self.alignment.outcome is not Outcome.AMBIGUOUS

    @cached_property
    def registered(self) -> Registered:
        """Where each pixel of the target's view lies on the source."""
        return register(self.alignment, self.source, self.target)

    @cached_property
    def warped(self) -> Image:
        """The source in the target's view, white where there is no counterpart."""
        return self.registered.pull(self.source)

    @cached_property
    def warped_restained(self) -> Image | None:
        """The source under the target's stain in the target's view, as `warped`."""
        return None if self.restained is None else self.registered.pull(self.restained)

    @cached_property
    def source_density(self) -> NDArray[np.float32]:
        """Density of the source's tissue on the source's view."""
        return tissue_density(self.source.image, mask_of(self.alignment.tissue_source, self.source))

    @cached_property
    def target_density(self) -> NDArray[np.float32]:
        """Density of the target's tissue on the target's view."""
        return tissue_density(self.target.image, mask_of(self.alignment.tissue_target, self.target))

    @cached_property
    def overlay(self) -> Image:
        """Source and target in complementary colours on the target's view."""
        pulled = self.registered.pull_values(self.source_density, self.source, 0.0)
        return false_colour(pulled.astype(np.float32), self.target_density, self.registered.drawn)

    def overlay_under(self, target_from_source: Affine) -> Image:
        """Return the false-colour overlay under another placement of the source."""
        source_from_target = target_from_source.inverse() @ self.target.slide_from_view
        view_from_view = self.source.view_from_slide @ source_from_target
        pulled = warp_affine(self.source_density, view_from_view, self.target.size, 0.0)
        return false_colour(pulled, self.target_density, np.ones(pulled.shape, dtype=np.bool_))

    @cached_property
    def paired_mask(self) -> NDArray[np.bool_]:
        """Paired tissue on the target's view."""
        return mask_of(
            shapely.GeometryCollection([f.target for f in self.alignment.fragments]), self.target
        )

    @cached_property
    def confidence(self) -> HeatMap | None:
        """Confidence on the target's tissue."""
        if not self.is_registered:
            return None
        return confidence_map(self.alignment.confidence, self.registered, self.paired_mask)

    @cached_property
    def error(self) -> HeatMap | None:
        """Expected error on the target's tissue, target level-0 pixels."""
        if not self.is_registered:
            return None
        error = error_map(self.alignment.sigma, self.registered, self.paired_mask)
        return error if error.known.size else None

    @cached_property
    def anchors(self) -> AnchorPicture:
        """Anchors with their residuals."""
        return anchor_picture(self.alignment)

    @cached_property
    def lattices(self) -> tuple[Lattice, ...]:
        """The deformed grid of each fragment."""
        return lattices_of(self.alignment) if self.is_registered else ()


def prepare(
    alignment: Alignment, source: SlideView, target: SlideView, restained: SlideView | None = None
) -> Material:
    """Return the material of a report: views are shrunk to its size, nothing is drawn yet."""
    return Material(
        alignment,
        source.shrunk(),
        target.shrunk(),
        None if restained is None else restained.shrunk(),
    )
