"""What of a piece really follows its placement: a tear need not separate tissue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.engine.registered import AFFINE_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sar_models.engine.fragments.hypothesis import Side
    from sar_models.engine.registered import Fitted

    Mask = NDArray[np.bool_]

_DOUBT_BLOCKS = 3
_MIN_BLOCKS = 4
_FOLLOWS = 0.4
"""A part follows when its blocks agree at least so much as those of the part that agrees most."""


def following(parts: Sequence[Mask], side: Side, fitted: Fitted) -> list[bool]:
    """Tell which parts of a piece follow its placement.

    Parameters
    ----------
    parts : sequence of (H, W) bool
        Working pixels of the side.
    side : {"source", "target"}
        Whose piece it is.
    fitted : Fitted
        The placement of the whole piece.

    Notes
    -----
    Blocks agree by chance to a tenth and more; what counts is the comparison of the parts. One
    with too few blocks to tell follows the others.
    """
    centres = fitted.matches.centres
    pair = fitted.pair
    back = pair.canonical_from_source.inverse() if side == "source" else pair.target_from_canonical
    where = np.floor(back.map(centres)).astype(int)
    agree = fitted.matches.agreeing(AFFINE_TOLERANCE * pair.long_side_px)
    height, width = parts[0].shape
    inside = ((where >= 0) & (where < (width, height))).all(axis=1)
    x, y = np.clip(where, 0, (width - 1, height - 1)).T
    shares, counts = [], []
    for part in parts:
        own = inside & part[y, x]
        counts.append(int(own.sum()))
        shares.append(float(agree[own].sum()) / (counts[-1] + _DOUBT_BLOCKS))
    best = max(shares)
    return [
        count < _MIN_BLOCKS or share >= _FOLLOWS * best
        for share, count in zip(shares, counts, strict=True)
    ]
