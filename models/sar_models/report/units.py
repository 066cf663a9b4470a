"""Lengths and areas in words: micrometres where they are known, pixels where not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sar_models.domain.geometry import Mpp

NOTHING = "–"


def number(value: float, digits: int = 3) -> str:
    """Return ``value`` with about ``digits`` significant digits, thousands set apart."""
    if not math.isfinite(value):
        return NOTHING
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    if abs(value) >= 10 ** (digits - 1):
        decimals = 0
    return f"{value:,.{min(decimals, 6)}f}".replace(",", " ")


def percent(share: float) -> str:
    """Return a share in [0, 1] as a percentage."""
    if not math.isfinite(share):
        return NOTHING
    # 99.7 % must not read as all of it, nor 0.3 % as nothing.
    close = 0 < share < 0.01 or 0.99 < share < 1
    return f"{min(max(100 * share, 0.1), 99.9):.1f} %" if close else f"{100 * share:.0f} %"


def signed(value: float, decimals: int = 0) -> str:
    """Return ``value`` with its sign, a true minus; no sign when it rounds to zero."""
    text = f"{abs(value):.{decimals}f}"
    if float(text) == 0:
        return text
    return ("+" if value > 0 else "\N{MINUS SIGN}") + text


def turn(rotation_deg: float, *, mirrored: bool) -> str:
    """Return how a piece is turned, in words."""
    return f"{signed(rotation_deg, 1)}°" + (", mirrored" if mirrored else "")


@dataclass(frozen=True)
class Ruler:
    """Turns level-0 pixels of one slide into a length people can read.

    Parameters
    ----------
    mpp : Mpp or None
        Micrometres per level-0 pixel.
    """

    mpp: Mpp | None

    def length(self, px: float) -> str:
        """Return a length given in level-0 pixels, in µm (mm when long) or px."""
        if self.mpp is None:
            return f"{number(px)} px" if math.isfinite(px) else NOTHING
        return micrometres(px * self.mpp.mean)

    def round_length(self, px: float) -> str:
        """Return a length that is a round number of µm (or px), without trailing zeros."""
        if self.mpp is None:
            return f"{px:g} px"
        return _round_micrometres(px * self.mpp.mean)

    def area(self, px2: float) -> str:
        """Return an area given in level-0 pixels squared, in mm² or px²."""
        if self.mpp is None:
            return f"{number(px2)} px²"
        return f"{number(px2 * self.mpp.x * self.mpp.y / 1e6)} mm²"


def micrometres(um: float) -> str:
    """Return a length in µm, or in mm when it is long."""
    if not math.isfinite(um):
        return NOTHING
    return f"{number(um / 1000)} mm" if abs(um) >= 1000 else f"{number(um)} µm"


def _round_micrometres(um: float) -> str:
    return f"{um / 1000:g} mm" if um >= 1000 else f"{um:g} µm"


def nice_below(limit: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not above ``limit`` (> 0)."""
    power: float = 10.0 ** math.floor(math.log10(limit))
    return max(step * power for step in (1, 2, 5) if step * power <= limit * (1 + 1e-9))


@dataclass(frozen=True)
class ScaleBar:
    """A bar of a round length.

    Parameters
    ----------
    width_px : float
        Its length in pixels of the picture.
    label : str
        Its length in words.
    """

    width_px: float
    label: str


def scale_bar(um_per_px: float | None, picture_width: int) -> ScaleBar | None:
    """Return a bar of up to a quarter of a picture, or nothing when µm are not known."""
    if um_per_px is None:
        return None
    length = nice_below(um_per_px * picture_width / 4)
    return ScaleBar(length / um_per_px, _round_micrometres(length))
