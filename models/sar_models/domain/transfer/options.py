"""How annotations are to be transferred."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sar_models.domain.errors import OptionError

if TYPE_CHECKING:
    from sar_models.domain.geometry import Size
    from sar_models.domain.slides import FrameKind


@dataclass(frozen=True)
class TransferOptions:
    """How annotations are to be transferred."""

    section: Literal["serial", "same"] = "serial"
    """``same``: both slides show one section (restained), so that cells, detections and tiles have
    counterparts; on a serial section they have none and are refused."""
    frame: FrameKind = "file"
    """Frame of the annotations' coordinates on the slide that they come from."""
    output_frame: FrameKind | None = None
    """Frame of the result on the other slide; ``None``: the same kind as ``frame``."""
    slide_size: Size | None = None
    """Size of the slide as the annotations' program has it, if known: refused when it differs."""
    source_measurements: Literal["drop", "keep"] = "drop"
    """What was measured on one section is false data on another. ``keep`` puts ``source:`` before
    the names."""
    tolerance_px: float = 0.25
    """How far a bent edge may stray from the true one, in pixels of the other slide; a quarter
    pixel cannot be seen."""
    min_part_px2: float = 1.0
    """Smaller parts that cutting or bending leaves behind are dropped, pixels squared."""
    whole_share: float = 0.95
    """From this share of its tissue on, an object counts as mapped: outlines differ by some
    pixels from tissue detection."""
    least_share: float = 0.05
    """Below this share of its tissue, an object counts as not mapped and is left out."""

    def __post_init__(self) -> None:
        choices = {
            "section": ("serial", "same"),
            "source_measurements": ("drop", "keep"),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise OptionError(
                    f"Unknown {name} {getattr(self, name)!r}",
                    remedy=f"Use one of {', '.join(allowed)}.",
                )
        if not self.tolerance_px > 0:
            raise OptionError(f"tolerance_px is {self.tolerance_px!r}, expected more than 0")
        if not 0 <= self.least_share <= self.whole_share <= 1:
            raise OptionError(
                f"least_share {self.least_share!r} and whole_share {self.whole_share!r} have to be "
                "in [0, 1], the first not above the second"
            )
