"""What a user may choose about an export."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from sar_models.domain.errors import OptionError

if TYPE_CHECKING:
    from sar_models.domain.slides import FrameKind

Units = Literal["px", "um", "mm"]
UNITS: tuple[Units, ...] = get_args(Units)


@dataclass(frozen=True)
class ExportOptions:
    """How an alignment is written; the defaults suit the programs that read the format."""

    fragment: str | None = None
    """Id or number (from 1) of the one piece to write; ``None``: all that the output can hold."""

    inverse: bool = False
    """Exchange the two slides: carry the target onto the source."""

    units: Units | None = None
    """Unit of the coordinates in the file; ``None``: the one that the format's readers expect."""

    frame: FrameKind | None = None
    """Whose level-0 pixels are meant; ``None``: those of the format's readers."""

    tolerance_px: float | None = None
    """Largest error that a format may add over tissue, in level-0 pixels of the slide that is
    mapped to. ``None``: a tenth of the alignment's expected error, but at least 0.5: less than
    anybody would notice in the result."""

    def __post_init__(self) -> None:
        if self.units is not None and self.units not in UNITS:
            raise OptionError(
                f"Unknown units {self.units!r}", remedy=f"Use one of {', '.join(UNITS)}."
            )
        tolerance = self.tolerance_px
        if tolerance is not None and not (math.isfinite(tolerance) and tolerance > 0):
            raise OptionError(
                f"A tolerance of {tolerance!r} pixels is impossible",
                remedy="Give a positive number of level-0 pixels, or leave it out.",
            )
