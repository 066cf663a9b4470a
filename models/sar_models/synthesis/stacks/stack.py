"""A stack: one place of tissue as amounts of its components, in one section or several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.domain.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sar_models.synthesis.raster import Plane

LONG_SIDE_PX = 640
"""Long side of a stack: tissue as a working image shows it, somewhat finer than it is encoded."""


@dataclass(frozen=True, eq=False)
class Stack:
    """One place of tissue.

    Parameters
    ----------
    name : str
        What it was made from; stacks of one ``group`` must not be split between training and
        validation.
    planes : (S, K, H, W) uint8
        Amounts of K components in S registered sections; `sar_models.synthesis.raster.FULL` stands
        for an amount of one. The first component is nuclear: every counterstain shows it.
    group : str
        Scene, region or slide that the tissue comes from.
    """

    name: str
    planes: NDArray[np.uint8]
    group: str

    def __post_init__(self) -> None:
        if self.planes.ndim != 4 or self.planes.dtype != np.uint8:
            raise OptionError(
                f"Stack {self.name!r} has planes of shape {self.planes.shape} and type "
                f"{self.planes.dtype}, expected (sections, components, rows, columns) of uint8"
            )


def stacked(name: str, group: str, sections: Sequence[Sequence[Plane]], long_side_px: int) -> Stack:
    """Return planes of one or more sections as a stack, shrunk to ``long_side_px``."""
    height, width = sections[0][0].shape
    factor = min(long_side_px / max(height, width), 1.0)
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    planes = [
        [cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in section]
        for section in sections
    ]
    return Stack(name, np.asarray(planes, dtype=np.uint8), group)
