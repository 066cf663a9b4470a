"""Micrometres per pixel from what files say, and when not to believe them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sar_models.domain.geometry import Mpp

if TYPE_CHECKING:
    from tifffile import TiffPage

FINEST_UM, COARSEST_UM = 0.01, 20.0
"""Range of pixel sizes that a slide can have.

Scanners and microscopes give 0.05 to 10 µm per pixel, thumbnails of whole slides up to 20.
Print settings that programs write unasked lie outside: 72 dpi is 353 µm, 300 dpi 85 µm, 1200 dpi
21 µm. What lies outside is no pixel size: it is ignored, never corrected.
"""

_UM_PER_UNIT = {
    "µm": 1.0,  # U+00B5, micro sign, as the OME schema has it
    "\u03bcm": 1.0,  # Greek mu
    "um": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "micrometer": 1.0,
    "\\u00b5m": 1.0,  # ImageJ escapes it
    "pm": 1e-6,
    "å": 1e-4,
    "nm": 1e-3,
    "mm": 1e3,
    "cm": 1e4,
    "dm": 1e5,
    "m": 1e6,
    "inch": 25400.0,
    "in": 25400.0,
    "mil": 25.4,
    "thou": 25.4,
}
_UM_PER_TIFF_UNIT = {2: 25400.0, 3: 10000.0}
_TIFF_INCH = 2


def plausible_mpp(x: Any, y: Any) -> Mpp | None:
    """Return the pixel size if both axes are numbers that a slide can have, else ``None``.

    One axis alone is no pixel size: the other is not guessed from it.
    """
    try:
        values = float(x), float(y)
    except (TypeError, ValueError):
        return None
    if all(math.isfinite(v) and FINEST_UM <= v <= COARSEST_UM for v in values):
        return Mpp(*values)
    return None


def micrometres(value: Any, unit: str | None) -> float | None:
    """Return a length in micrometres; ``None`` for units that are no length (``pixel``)."""
    factor = _UM_PER_UNIT.get((unit or "µm").strip().lower())
    try:
        return None if factor is None or value is None else float(value) * factor
    except (TypeError, ValueError):
        return None


def tiff_mpp(page: TiffPage, imagej_unit: str | None) -> Mpp | None:
    """Return what the resolution tags of a TIFF page say, where they can be believed.

    They count pixels per inch (also when no unit is given: the TIFF default), per centimetre, or,
    in files of ImageJ, per unit that its description names. "No absolute unit" says nothing.
    """
    per_unit = [_rational(page.tags.valueof(code)) for code in (282, 283)]
    if None in per_unit:
        return None
    if imagej_unit:
        scale = micrometres(1, imagej_unit)
    else:
        scale = _UM_PER_TIFF_UNIT.get(int(page.tags.valueof(296, default=_TIFF_INCH)))
    if scale is None:
        return None
    return plausible_mpp(*(scale / value for value in per_unit if value))


def _rational(value: Any) -> float | None:
    """Return a TIFF RATIONAL as a number, ``None`` if it is missing or not positive."""
    try:
        numerator, denominator = value
        ratio = float(numerator) / float(denominator)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return ratio if math.isfinite(ratio) and ratio > 0 else None
