"""Colours that people with any colour vision tell apart, and colour maps.

Categories are Okabe and Ito's (https://jfly.uni-koeln.de/color/); values use viridis and magma,
which rise evenly in lightness and so survive greyscale printing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SOURCE_RGB = np.array([1.0, 0.5, 0.0])
TARGET_RGB = np.array([0.0, 0.5, 1.0])
"""Complementary: as absorbing inks the two add up to black, so what coincides is neutral."""

SOURCE_HEX = "#c96400"
TARGET_HEX = "#0064c9"
"""The same two, dark enough for lines and text on white."""

FRAGMENT_HEX = ("#0072b2", "#009e73", "#d55e00", "#7b3294", "#56b4e9", "#e69f00", "#cc79a7")
UNPAIRED_HEX = "#5f6368"
INLIER_HEX = "#0072b2"
OUTLIER_HEX = "#d55e00"
FOLD_HEX = "#c0003c"

ColorMap = Literal["viridis", "magma"]
_CV2_MAP = {"viridis": cv2.COLORMAP_VIRIDIS, "magma": cv2.COLORMAP_MAGMA}


def fragment_hex(index: int) -> str:
    """Return the colour of a fragment; colours repeat, numbers beside them do not."""
    return FRAGMENT_HEX[index % len(FRAGMENT_HEX)]


def rgb_of(hex_color: str) -> tuple[int, int, int]:
    """Return ``#rrggbb`` as three numbers in 0..255."""
    return int(hex_color[1:3], 16), int(hex_color[3:5], 16), int(hex_color[5:7], 16)


def hex_of(rgb: tuple[int, int, int]) -> str:
    """Return three numbers in 0..255 as ``#rrggbb``."""
    return "#" + "".join(f"{min(max(int(v), 0), 255):02x}" for v in rgb)


def apply_map(values: NDArray[np.float64], name: ColorMap) -> NDArray[np.uint8]:
    """Return values in [0, 1] ``(H, W)`` as RGB ``(H, W, 3)``; NaN as the lowest."""
    level = np.rint(255 * np.clip(np.nan_to_num(values), 0, 1)).astype(np.uint8)
    return np.asarray(cv2.applyColorMap(level, _CV2_MAP[name])[..., ::-1], dtype=np.uint8)


def map_stops(name: ColorMap, count: int = 9) -> list[str]:
    """Return evenly spaced colours of a map as ``#rrggbb``, lowest first."""
    row = apply_map(np.linspace(0.0, 1.0, count)[None], name)[0]
    return [hex_of((int(r), int(g), int(b))) for r, g, b in row]


_DIVERGING = ((0.0, (33, 102, 172)), (0.5, (247, 247, 247)), (1.0, (179, 88, 6)))
"""Blue - white - brown."""


def diverging_hex(value: float) -> str:
    """Return the colour of a value in [-1, 1] on a scale that is white at zero."""
    stops = np.array([stop for stop, _ in _DIVERGING])
    colors = np.array([color for _, color in _DIVERGING], dtype=float)
    at = (min(max(value, -1.0), 1.0) + 1) / 2
    r, g, b = (round(float(np.interp(at, stops, colors[:, i]))) for i in range(3))
    return hex_of((r, g, b))
