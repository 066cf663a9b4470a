"""The glass of a slide: its colour at every place, and what lies outside the scanned area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FLAT_STD = 4.0
_BRIGHT = 150.0
_MAX_TINT = 60.0
_MIN_GLASS_SHARE = 0.005
_DARK = 40.0
_MIN_DARK_SHARE = 0.15
_BLACK = 20
_WHITE = 253
_WHITE_GLASS = 250.0
_MIN_VOID_SHARE = 0.002
_DARKER_IS_TISSUE = 8.0
_FIT_SAMPLES = 20_000


@dataclass(frozen=True, eq=False)
class Glass:
    """What an empty slide would look like.

    Parameters
    ----------
    colour : (H, W, 3) float32
        Colour of the glass at each pixel; uneven lighting is a smooth change of it.
    seen : (H, W) bool
        Flat pixels that show bare glass.
    void : (H, W) bool
        Pixels that were never scanned (black or white padding).
    is_dark : bool
        Whether the slide shines on a dark ground.
    """

    colour: NDArray[np.float32]
    seen: NDArray[np.bool_]
    void: NDArray[np.bool_]
    is_dark: bool


def estimate_glass(rgb: NDArray[np.uint8]) -> Glass:
    """Estimate the glass of a slide image ``(H, W, 3)``.

    Notes
    -----
    Glass is flat, bright and hardly tinted; a surface of second order through it follows uneven
    lighting. Where nothing of the kind is seen, the image is all tissue, and its brightest colour
    stands in, or it shines on a dark ground.
    """
    values = rgb.astype(np.float32)
    grey = values.mean(axis=2)
    flat = _local_std(grey) < _FLAT_STD
    tint = values.max(axis=2) - values.min(axis=2)
    bright = flat & (grey > _BRIGHT) & (tint < _MAX_TINT)
    void = _padding(rgb.max(axis=2) < _BLACK)
    dark = flat & (grey < _DARK) & ~void
    blank = _padding(flat & (rgb.min(axis=2) >= _WHITE))
    if _is_padding(values, bright & ~blank, blank):
        void |= blank
        bright &= ~blank
    inside = max(int((~void).sum()), 1)
    if bright.sum() >= _MIN_GLASS_SHARE * inside:
        return Glass(_surface(values, bright), bright, void, is_dark=False)
    dark |= void & (grey < _DARK)
    if dark.sum() >= _MIN_DARK_SHARE * dark.size:
        colour = np.broadcast_to(np.median(values[dark], axis=0), values.shape)
        return Glass(colour.astype(np.float32), dark, np.zeros_like(void), is_dark=True)
    brightest = np.percentile(values[~void].reshape(-1, 3), 99, axis=0)
    colour = np.broadcast_to(brightest, values.shape).astype(np.float32)
    return Glass(colour, np.zeros_like(void), void, is_dark=False)


def _local_std(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    mean = cv2.blur(grey, (5, 5))
    return np.sqrt(np.maximum(cv2.blur(grey * grey, (5, 5)) - mean * mean, 0.0))


def _is_padding(
    values: NDArray[np.float32], glass: NDArray[np.bool_], blank: NDArray[np.bool_]
) -> bool:
    """Tell whether pure white is padding: there is glass elsewhere, and it is darker."""
    if not blank.any() or glass.sum() < _MIN_GLASS_SHARE * max(int((~blank).sum()), 1):
        return False
    return float(np.median(values[glass].mean(axis=1))) < _WHITE_GLASS


def _padding(candidates: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return large areas of the candidates that touch the border of the image."""
    flags = candidates.astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(flags, connectivity=4)
    height, width = flags.shape
    void = np.zeros(flags.shape, dtype=np.bool_)
    for label in range(1, count):
        x, y, w, h, area = stats[label]
        at_border = x == 0 or y == 0 or x + w == width or y + h == height
        if at_border and area >= _MIN_VOID_SHARE * flags.size:
            void |= labels == label
    if void.any():  # resampling blends padding into the pixels beside it
        void = cv2.dilate(void.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(np.bool_)
    return void


def _surface(values: NDArray[np.float32], seen: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Fit a second-order surface per channel through the glass; darker pixels drop out."""
    height, width = seen.shape
    y, x = np.nonzero(seen)
    keep = slice(None, None, max(len(y) // _FIT_SAMPLES, 1))
    x, y = x[keep], y[keep]
    colours = values[y, x].astype(np.float64)
    # Start from the brighter part: pale homogeneous tissue is flat as well.
    use = colours.mean(axis=1) >= np.median(colours.mean(axis=1)) - _DARKER_IS_TISSUE
    basis = _basis(x / width, y / height)
    coefficients = np.zeros((basis.shape[1], 3))
    for _ in range(4):
        ridge = 1e-3 * use.sum() * np.diag([0.0, 1, 1, 1, 1, 1])
        coefficients = np.linalg.solve(
            basis[use].T @ basis[use] + ridge + 1e-9 * np.eye(6), basis[use].T @ colours[use]
        )
        use = (colours - basis @ coefficients).min(axis=1) > -_DARKER_IS_TISSUE
        if use.sum() < basis.shape[1]:
            break
    grid_y, grid_x = np.mgrid[0:height, 0:width].astype(np.float32)
    surface = _basis(grid_x.ravel() / width, grid_y.ravel() / height) @ coefficients
    low, high = np.percentile(colours, [1, 99], axis=0)
    return np.clip(surface, low - 10, high + 10).reshape(height, width, 3).astype(np.float32)


def _basis(x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.float64]:
    x, y = x - 0.5, y - 0.5
    return np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1).astype(np.float64)
