"""Single points of one slide onto the other, in any frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.slides import convert

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.alignment import Alignment, Direction, Mapping
    from sar_models.domain.geometry import Points
    from sar_models.domain.slides import Frame, FrameKind, SlideInfo


@dataclass(frozen=True)
class PointTransfer:
    """Maps points through an alignment between named frames.

    Parameters
    ----------
    alignment : Alignment
    direction : {"forward", "inverse"}
    frame : {"file", "qupath", "omero"}
        Frame of the points on the slide that they come from.
    output_frame : {"file", "qupath", "omero"} or None
        Frame of the result on the other slide; ``None``: the same kind.
    """

    alignment: Alignment
    direction: Direction = "forward"
    frame: FrameKind = "file"
    output_frame: FrameKind | None = None

    @property
    def slide(self) -> SlideInfo:
        """The slide that the points come from."""
        pair = self.alignment.pair
        return pair.source if self.direction == "forward" else pair.target

    @property
    def other(self) -> SlideInfo:
        """The slide that the points go to."""
        pair = self.alignment.pair
        return pair.target if self.direction == "forward" else pair.source

    @property
    def source_frame(self) -> Frame:
        """Frame of the points that are handed in."""
        return self.slide.frame_of(self.frame)

    def lies_on_slide(self, points: Points) -> NDArray[np.bool_]:
        """Tell which points, in ``frame``, lie on the slide that they come from, ``(N,)``."""
        size = self.source_frame.size.as_array()
        return np.asarray(((points >= 0) & (points <= size)).all(axis=1))

    def map(self, points: Points) -> Mapping:
        """Return ``points`` ``(N, 2)`` of ``frame`` on the other slide, in its output frame.

        Raises
        ------
        FrameError
            If a frame is not known for its slide.
        """
        there = self.other.frame_of(self.output_frame or self.frame)
        inside = convert(points, self.source_frame, self.slide.frame)
        mapping = self.alignment.map(inside, self.direction)
        return replace(mapping, points=convert(mapping.points, self.other.frame, there))
