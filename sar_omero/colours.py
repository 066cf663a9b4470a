"""Colours as OMERO packs them."""

from __future__ import annotations

_SIGN = 2**31


def packed(rgb: tuple[int, int, int], alpha: int) -> int:
    """Return RGBA in a signed 32-bit integer."""
    red, green, blue = rgb
    value = (red << 24) | (green << 16) | (blue << 8) | alpha
    return value - 2 * _SIGN if value >= _SIGN else value


def unpacked(value: int | None) -> tuple[int, int, int] | None:
    """Return the RGB of a packed colour."""
    if value is None:
        return None
    unsigned = value % (2 * _SIGN)
    return unsigned >> 24 & 255, unsigned >> 16 & 255, unsigned >> 8 & 255
