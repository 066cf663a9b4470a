"""The coordinates in which a format counts on a slide."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from sar_models.domain.errors import ExportError
from sar_models.domain.geometry import centre_from_corner
from sar_models.domain.transforms import Affine

if TYPE_CHECKING:
    from sar_models.domain.slides import FrameKind, SlideInfo
    from sar_models.exports.options import Units

Origin = Literal["corner", "centre"]
_PER_UM: dict[Units, float] = {"um": 1.0, "mm": 1e-3}


@dataclass(frozen=True)
class Space:
    """Coordinates on a slide as some program counts them.

    Parameters
    ----------
    slide : SlideInfo
    frame : {"file", "qupath", "omero"}
        Whose level 0 is meant.
    origin : {"corner", "centre"}
        Which point of the first pixel is (0, 0).
    units : {"px", "um", "mm"}
    """

    slide: SlideInfo
    frame: FrameKind
    origin: Origin
    units: Units

    @cached_property
    def from_level0(self) -> Affine:
        """The space's coordinates of level-0 pixels of the file (corner origin).

        Raises
        ------
        ExportError
            If the units need a pixel size that nobody knows.
        """
        shift = Affine.translation(self.slide.frame_of(self.frame).from_file(np.zeros((1, 2)))[0])
        if self.origin == "centre":
            shift = Affine.translation(centre_from_corner(np.zeros(2))) @ shift
        return Affine.scaling(*self.spacing) @ shift

    @property
    def spacing(self) -> tuple[float, float]:
        """Extent of a level-0 pixel along x and y, in ``units``."""
        if self.units == "px":
            return 1.0, 1.0
        mpp = self.slide.mpp
        if mpp is None:
            raise ExportError(
                f"Slide {self.slide.name!r} has no pixel size, which coordinates in "
                f"{self.units} need",
                remedy="Align it again with --source-mpp or --target-mpp, or export in pixels "
                "with --units px.",
            )
        return mpp.x * _PER_UM[self.units], mpp.y * _PER_UM[self.units]
