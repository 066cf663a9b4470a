"""Targets on which there is nothing to align: shuffled tissue and empty glass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.synthesis.imaging import Image, Look, photograph
from sar_models.synthesis.noise import stream

if TYPE_CHECKING:
    from sar_models.domain.geometry import Size
    from sar_models.synthesis.stains import Stain

_SQUARES = 6


def empty_glass(seed: int, size: Size, stain: Stain, look: Look) -> Image:
    """Photograph a stained slide with nothing on it: (H, W, 3)."""
    nothing = np.zeros((size.height, size.width), dtype=np.uint8)
    return photograph(dict.fromkeys(stain.components, nothing), stain, look, seed)


def shuffled(seed: int, image: Image) -> Image:
    """Cut a picture into squares and put them back in another order and another turn.

    Everything that tells stain, texture and amount of tissue stays; what lies where does not. No
    square keeps its place.
    """
    side = max(min(image.shape[:2]) // _SQUARES, 8)
    rows, columns = image.shape[0] // side, image.shape[1] // side
    rng = stream(seed, "mosaic")
    order = rng.permutation(rows * columns)
    # Rotating the cycle of a random order moves every square.
    goes_to = np.empty_like(order)
    goes_to[order] = np.roll(order, 1)
    turns = rng.integers(0, 4, rows * columns)
    # What is left over at the border is glass, or it would be the one thing in its place.
    glass = np.percentile(image[::8, ::8].reshape(-1, 3), 95, axis=0)
    mixed = np.broadcast_to(glass.astype(np.uint8), image.shape).copy()
    for square, (place, turn) in enumerate(zip(goes_to, turns, strict=True)):
        y, x = side * (square // columns), side * (square % columns)
        v, u = side * (int(place) // columns), side * (int(place) % columns)
        mixed[v : v + side, u : u + side] = np.rot90(image[y : y + side, x : x + side], turn)
    return mixed
