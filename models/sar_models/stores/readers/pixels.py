"""Any brightfield pixels to 8-bit RGB: one rule for gray, alpha, palettes and 16 bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Alpha = Literal["none", "straight", "premultiplied"]


@dataclass(frozen=True, eq=False)
class Colour:
    """How the samples of an image are to be read.

    Parameters
    ----------
    alpha : {"none", "straight", "premultiplied"}
        What the last sample is when there are two or four.
    palette : (N, 3) uint8 array or None
        Colours that the single sample indexes.
    white_is_zero : bool
        Gray that counts darkness (TIFF ``MinIsWhite``).
    white_level : int
        Sample value that becomes 255; see :func:`white_level`.
    """

    alpha: Alpha = "none"
    palette: NDArray[np.uint8] | None = None
    white_is_zero: bool = False
    white_level: int = 255


def white_level(brightest: int, declared_bits: int | None = None) -> int:
    """Return the sample value that stands for white in 16-bit pixels.

    Cameras store 10, 12 or 14 bits in 16, so dividing by 256 would turn a slide black, while
    stretching to the brightest pixel would shift colours from slide to slide. The rule: the bits
    that the file declares; else the fewest of 8, 10, 12, 14, 16 bits that hold the brightest
    pixel of the coarsest level. It is one value for a whole slide, so that tiles agree.

    Parameters
    ----------
    brightest : int
        Brightest sample of the coarsest level.
    declared_bits : int or None
        What the file says (OME ``SignificantBits``, TIFF ``MaxSampleValue``); disbelieved when a
        sample exceeds it.
    """
    candidates = [] if declared_bits is None else [declared_bits]
    for bits in (*candidates, 8, 10, 12, 14, 16):
        if brightest < 1 << bits:
            return (1 << bits) - 1
    return (1 << 16) - 1


def to_rgb8(samples: NDArray[Any], colour: Colour) -> NDArray[np.uint8]:
    """Return ``samples`` ``(H, W, 1..4)`` as uint8 RGB ``(H, W, 3)``, alpha composited on white."""
    if colour.palette is not None:
        index = np.minimum(samples[..., 0], len(colour.palette) - 1)
        return np.ascontiguousarray(colour.palette[index])
    pixels = _to_8bit(samples, colour.white_level)
    has_alpha = colour.alpha != "none" and pixels.shape[2] in (2, 4)
    colours = 3 if pixels.shape[2] >= 3 else 1
    result = pixels[..., :colours]
    if colour.white_is_zero:
        result = 255 - result
    if has_alpha:
        result = _on_white(result, pixels[..., -1:], premultiplied=colour.alpha == "premultiplied")
    if colours == 1:
        result = np.repeat(result, 3, axis=2)
    return np.ascontiguousarray(result)


def _to_8bit(samples: NDArray[Any], white: int) -> NDArray[np.uint8]:
    if samples.dtype == np.uint8:
        return samples
    # Integers: exact, and no float copy of a tile. Half of `white` is added to round to nearest.
    clipped = np.minimum(samples, white).astype(np.uint32)
    scaled: NDArray[np.uint8] = ((clipped * 255 + white // 2) // white).astype(np.uint8)
    return scaled


def _on_white(
    colour: NDArray[np.uint8], alpha: NDArray[np.uint8], *, premultiplied: bool
) -> NDArray[np.uint8]:
    opacity = alpha.astype(np.uint16)
    paint = colour.astype(np.uint16) if premultiplied else _weighted(colour, opacity)
    composited: NDArray[np.uint8] = np.minimum(paint + (255 - opacity), 255).astype(np.uint8)
    return composited


def _weighted(colour: NDArray[np.uint8], opacity: NDArray[np.uint16]) -> NDArray[np.uint16]:
    return (colour.astype(np.uint16) * opacity + 127) // 255
