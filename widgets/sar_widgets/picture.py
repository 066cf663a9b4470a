"""A finished picture of an alignment, for front ends that can show images only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.domain.errors import OptionError
from sar_models.report.palette import SOURCE_RGB, TARGET_RGB

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_widgets.grid import TileBox
    from sar_widgets.tiles import TileRenderer

PICTURE_MODES = ("overlay", "side", "swipe", "checkerboard", "edges", "haematoxylin")
_CHECK_PX = 64
_EDGE_RGB = np.array([214.0, 94.0, 0.0])
_HAEMATOXYLIN = np.array([1.878, -0.0659, -0.6019])
"""From optical densities (natural logarithm) of R, G, B: Ruifrok and Johnston 2001."""


def picture(
    renderer: TileRenderer, box: TileBox, mode: str = "overlay", share: float = 0.5
) -> NDArray[np.uint8]:
    """Return both layers of a rectangle put together, ``(H, W, 3)`` RGB.

    Parameters
    ----------
    renderer : TileRenderer
    box : TileBox
        What to show, target level-0 pixels, and in how many pixels.
    mode : str
        One of `PICTURE_MODES`; ``side`` is twice as wide.
    share : float
        Opacity of the source (``overlay``), or where it begins (``swipe``), in [0, 1].

    Raises
    ------
    OptionError
        If the mode is not known.
    SlideError
        If a slide cannot be read.
    """
    if mode not in PICTURE_MODES:
        raise OptionError(f"Unknown mode {mode!r}", remedy=f"Use one of {PICTURE_MODES!r}.")
    source, target = (
        renderer.rgba(box, of_source).astype(np.float64) for of_source in (True, False)
    )
    below = _on_white(target)
    if mode == "side":
        return _finished(np.hstack([_on_white(source), below]))
    if mode == "haematoxylin":
        shade = np.ones_like(below)
        for layer, ink in ((source, SOURCE_RGB), (target, TARGET_RGB)):
            amount = _haematoxylin(_on_white(layer))[..., None]
            shade *= 1.0 - amount * (1.0 - ink)
        return _finished(255.0 * shade)
    if mode == "edges":
        return _finished(_mixed(below, np.broadcast_to(_EDGE_RGB, below.shape), _edges(source)))
    return _finished(
        _mixed(below, source[..., :3], source[..., 3] / 255 * _weight(mode, box, share))
    )


def _weight(mode: str, box: TileBox, share: float) -> NDArray[np.float64]:
    """Return how much of the source shows at each pixel, ``(H, W)``."""
    rows, columns = np.indices((box.height, box.width))
    if mode == "swipe":
        return np.asarray(columns >= share * box.width, dtype=np.float64)
    if mode == "checkerboard":
        return np.asarray((rows // _CHECK_PX + columns // _CHECK_PX) % 2, dtype=np.float64)
    return np.full(rows.shape, share)


def _mixed(
    below: NDArray[np.float64], above: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    return below + weight[..., None] * (above - below)


def _on_white(rgba: NDArray[np.float64]) -> NDArray[np.float64]:
    return 255.0 + rgba[..., 3:] / 255.0 * (rgba[..., :3] - 255.0)


def _edges(rgba: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much of an edge each pixel is, in [0, 1]."""
    grey = _on_white(rgba).mean(axis=-1).astype(np.float32)
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.6)
    strength = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    return np.asarray(np.clip(strength / 60.0 - 0.3, 0.0, 1.0), dtype=np.float64)


def _haematoxylin(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the amount of haematoxylin, about [0, 1], ``(H, W)``."""
    density = np.log(256.0) - np.log(rgb + 1.0)
    return np.asarray(np.clip(1.1 * density @ _HAEMATOXYLIN, 0.0, 1.0))


def _finished(rgb: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.asarray(np.rint(np.clip(rgb, 0, 255)), dtype=np.uint8)
