"""Views of both slides for reports: pictures with their place on the slide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.engine.working import WorkingImage, read_working, region_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sar_models.domain.slides import Slide
    from sar_models.domain.transforms import Affine
    from sar_models.engine.options import AlignOptions

VIEW_SIZE_PX = 1000
"""Long side of a view, enough for a page."""


@dataclass(frozen=True, eq=False)
class View:
    """A picture of a slide.

    Parameters
    ----------
    image : (H, W, 3) uint8
    slide_from_view : Affine
        Corner-origin view pixels to level-0 pixels.
    """

    image: NDArray[np.uint8]
    slide_from_view: Affine


def read_views(source: Slide, target: Slide, options: AlignOptions) -> tuple[View, View]:
    """Return pictures of the parts of both slides that an alignment used."""
    images = (
        _read(source, options, "source"),
        _read(target, options, "target"),
    )
    first, second = (View(image.rgb, image.slide_from_working) for image in images)
    return first, second


def _read(slide: Slide, options: AlignOptions, name: str) -> WorkingImage:
    roi = options.source_roi if name == "source" else options.target_roi
    region = region_of(slide.info, roi, name)
    shrink = max(region.width, region.height) / VIEW_SIZE_PX
    return read_working(slide, region, shrink, options.max_working_px)
