"""Turn and mirror an image together with its landmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from skimage.transform import warp

from sar_models.domain.geometry import centre_from_corner, corner_from_centre
from sar_models.domain.transforms import Affine

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WHITE = 255


def random_turn(size: tuple[int, int], seed: int, index: int) -> Affine:
    """Return a turn by a random angle, every second one on average mirrored, for an image.

    Parameters
    ----------
    size : (width, height)
    seed, index : int
        The same pair of numbers gives the same turn.

    Returns
    -------
    Affine
        ``turned_from_image``; the whole image stays at positive coordinates.
    """
    random = np.random.default_rng([seed, index])
    angle, mirror = random.uniform(-np.pi, np.pi), bool(random.integers(2))
    turn = Affine.from_similarity(angle, mirror=mirror)
    return Affine.translation(-_corners(turn, size).min(axis=0)) @ turn


def turn_image(image: NDArray[np.uint8], turned_from_image: Affine) -> NDArray[np.uint8]:
    """Return the turned image ``(H', W', 3)``, large enough for all of it, white around it."""
    height, width = image.shape[:2]
    columns, rows = np.ceil(_corners(turned_from_image, (width, height)).max(axis=0)).astype(int)
    back = turned_from_image.inverse()

    def image_from_turned(centres: NDArray[np.float64]) -> NDArray[np.float64]:
        return centre_from_corner(back.map(corner_from_centre(centres)))

    turned = warp(
        image,
        image_from_turned,
        output_shape=(rows, columns),
        order=1,
        cval=_WHITE,
        preserve_range=True,
    )
    return np.asarray(np.rint(turned), dtype=np.uint8)


def _corners(affine: Affine, size: tuple[int, int]) -> NDArray[np.float64]:
    width, height = size
    return affine.map(np.array([[0, 0], [width, 0], [0, height], [width, height]], dtype=float))
