"""Thumbnails of slides, and how their pixels relate to level 0."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sar_models.domain.errors import FrameError
from sar_models.domain.geometry import Mpp, Size
from sar_models.domain.transforms import Affine
from sar_models.report.resample import shrink

if TYPE_CHECKING:
    from sar_models.domain.geometry import Points

Image = NDArray[np.uint8]
"""RGB pixels, ``(H, W, 3)``."""

REPORT_SIDE = 1100
"""Longest side of a picture in a report: fills a screen, keeps the file far below 5 MB."""


@dataclass(frozen=True, eq=False)
class SlideView:
    """A small picture of a slide, as the caller read it from the file.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        RGB.
    slide_from_view : Affine
        Maps corner-origin pixels of the picture to level-0 pixels of the slide.
    """

    image: Image
    slide_from_view: Affine

    def __post_init__(self) -> None:
        shape = self.image.shape
        if self.image.dtype != np.uint8 or len(shape) != 3 or shape[2] != 3 or 0 in shape:
            raise FrameError(
                f"A view has pixels of shape {shape!r} and type {self.image.dtype.name!r}",
                remedy="Give RGB as uint8 of shape (H, W, 3).",
            )

    @property
    def size(self) -> Size:
        """Extent of the picture in its own pixels."""
        return Size(self.image.shape[1], self.image.shape[0])

    @cached_property
    def view_from_slide(self) -> Affine:
        """Maps level-0 pixels of the slide to pixels of the picture."""
        return self.slide_from_view.inverse()

    def to_view(self, points: Points) -> Points:
        """Return level-0 points ``(N, 2)`` in pixels of the picture."""
        return self.view_from_slide.map(points)

    def um_per_px(self, mpp: Mpp | None) -> float | None:
        """Return the width of a pixel of the picture in micrometres, if ``mpp`` is known."""
        if mpp is None:
            return None
        return float(math.hypot(*(self.slide_from_view.linear[:, 0] * (mpp.x, mpp.y))))

    def shrunk(self, longest: int = REPORT_SIDE) -> SlideView:
        """Return a view whose longer side has at most ``longest`` pixels."""
        height, width = self.image.shape[:2]
        factor = longest / max(height, width)
        if factor >= 1:
            return self
        size = Size(max(1, round(width * factor)), max(1, round(height * factor)))
        # Exact ratios per axis: the rounded size is not quite `factor` times the old one.
        old_from_new = Affine.scaling(width / size.width, height / size.height)
        return SlideView(shrink(self.image, size), self.slide_from_view @ old_from_new)
