"""The risk gauge: a half circle in three bands with a needle."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sar_models.report.units import percent
from sar_models.report.wording import RISK_BANDS, risk_band

RADIUS = 80.0
_GAP_RAD = 0.02


@dataclass(frozen=True)
class Arc:
    """One band of the gauge: its name and the path of its middle line."""

    name: str
    path: str


@dataclass(frozen=True)
class Gauge:
    """The gauge around the origin, open downwards, radius ``RADIUS``.

    Parameters
    ----------
    arcs : tuple of Arc
    needle : (float, float)
        Tip of the needle.
    value, band : str
        The risk as a percentage, and its band.
    """

    arcs: tuple[Arc, ...]
    needle: tuple[float, float]
    value: str
    band: str


def gauge_of(score: float) -> Gauge:
    """Return the gauge of a risk in [0, 1]."""
    arcs = tuple(Arc(name, _arc(start, end)) for start, end, name in RISK_BANDS)
    tip = _at(score, RADIUS - 22)
    return Gauge(arcs, (round(tip[0], 1), round(tip[1], 1)), percent(score), risk_band(score))


def _at(share: float, radius: float, shift_rad: float = 0.0) -> tuple[float, float]:
    angle = math.pi * (1 - share) + shift_rad
    return radius * math.cos(angle), -radius * math.sin(angle)


def _arc(start: float, end: float) -> str:
    x0, y0 = _at(start, RADIUS, -_GAP_RAD if start > 0 else 0.0)
    x1, y1 = _at(end, RADIUS, _GAP_RAD if end < 1 else 0.0)
    return f"M{x0:.1f} {y0:.1f}A{RADIUS:g} {RADIUS:g} 0 0 1 {x1:.1f} {y1:.1f}"
