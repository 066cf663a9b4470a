"""What of a piece really follows its placement: a tear need not separate tissue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from scipy.spatial.distance import cdist

from sar_models.domain.transforms import Affine
from sar_models.engine.fragments.pieces import MIN_SHARE, split_at_necks
from sar_models.engine.registered import AFFINE_TOLERANCE
from sar_models.engine.stains import blur
from sar_models.engine.warping import warp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.engine.fragments.hypothesis import Side
    from sar_models.engine.registered import Fitted

    Mask = NDArray[np.bool_]

_NEIGHBOURHOOD = 0.1
"""Within which blocks are counted together, in long sides of what was registered."""
_WIDTH = 0.06
"""The same for the contrast, whose tiles are wide themselves."""
_FOLLOWS = 0.3
"""Tissue follows when it fits at least so well as where the piece fits best."""
_TELLING = 0.4
"""Share of agreeing blocks that some of a piece has to reach: of less, none says anything."""
_CLEARLY = 0.4
"""Share of a part behind a neck up to which it goes as the rest of the part goes."""
_FAR_BELOW = 0.5
"""Share of the best part's fit below which a part behind a neck lies elsewhere: by accident some
blocks agree everywhere."""
_SUSPECT_NECK = 0.8
_BEST_PERCENTILE = 95.0
_NODES = 48


def following(piece: Mask, tissue_px: float, side: Side, fitted: Fitted) -> Mask:
    """Return the tissue of a piece that follows its placement, ``(H, W)``.

    Parameters
    ----------
    piece : (H, W) bool
        Working pixels of the side.
    tissue_px : float
        All tissue of the side, working pixels squared.
    side : {"source", "target"}
        Whose piece it is.
    fitted : Fitted
        The placement of the whole piece.

    Notes
    -----
    Tissue does not follow where few of its blocks agree *and* a shift makes little of it, both
    held against the best of the piece: of hard stains little agrees anywhere. This tells to a
    tenth of the piece where it ends; where it has necks, they end it better.
    """
    if not len(fitted.matches.centres):
        return piece
    agreeing = _agreeing(piece, side, fitted)
    if np.percentile(agreeing[piece], _BEST_PERCENTILE) < _TELLING:
        return piece
    fits = [_over_best(fit, piece) for fit in (agreeing, _standing_out(piece, side, fitted))]
    follows = piece & (np.maximum(*fits) >= _FOLLOWS)
    parts = split_at_necks(piece, MIN_SHARE * tissue_px, _SUSPECT_NECK)
    together = [float(np.mean([fit[part].mean() for fit in fits])) for part in parts]
    for part, fit in zip(parts, together, strict=True):
        own = float(follows[part].mean())
        if fit < _FAR_BELOW * max(together):
            follows[part] = False
        elif not _CLEARLY < own < 1.0 - _CLEARLY:
            follows[part] = own > 0.5
    return follows


def _over_best(fit: NDArray[np.float32], piece: Mask) -> NDArray[np.float32]:
    """Return a fit ``(H, W)`` over its best in a piece."""
    best = float(np.percentile(fit[piece], _BEST_PERCENTILE))
    return np.asarray(fit / max(best, 1e-6), dtype=np.float32)


def _agreeing(piece: Mask, side: Side, fitted: Fitted) -> NDArray[np.float32]:
    """Return the share of blocks that agree around each pixel of a piece ``(H, W)``.

    Where there are none near, those of the whole piece stand in.
    """
    pair, matches = fitted.pair, fitted.matches
    back = _side_from_canonical(side, fitted)
    agree = matches.agreeing(AFFINE_TOLERANCE * pair.long_side_px).astype(np.float64)
    rows, columns = np.flatnonzero(piece.any(axis=1)), np.flatnonzero(piece.any(axis=0))
    top, left, bottom, right = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
    x, y = (
        low + (np.arange(_NODES) + 0.5) * (high - low) / _NODES
        for low, high in ((left, right), (top, bottom))
    )
    nodes = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    reach_px = _NEIGHBOURHOOD * pair.long_side_px * back.scale
    weight = np.exp(-0.5 * (cdist(nodes, back.map(matches.centres)) / reach_px) ** 2)
    at_nodes = (weight @ agree + agree.mean()) / (weight.sum(axis=1) + 1.0)
    share = np.zeros(piece.shape, dtype=np.float32)
    share[top:bottom, left:right] = cv2.resize(
        at_nodes.reshape(_NODES, _NODES).astype(np.float32),
        (int(right - left), int(bottom - top)),
        interpolation=cv2.INTER_LINEAR,
    )
    return share


def _standing_out(piece: Mask, side: Side, fitted: Fitted) -> NDArray[np.float32]:
    """Return how much worse a shift makes the neighbourhood of each pixel of a piece, ``(H, W)``.

    Where the piece lies on glass, the nearest tissue stands in.
    """
    fit, pair = fitted.fit, fitted.pair
    sigma_px = _WIDTH * max(fit.weight.shape)
    weight = blur(fit.weight, sigma_px)
    contrast = blur(fit.local * fit.weight, sigma_px) / np.maximum(weight, 1e-3)
    shrink = np.array(pair.shape[::-1]) / np.array(fit.weight.shape[::-1])
    side_from_fit = _side_from_canonical(side, fitted) @ Affine.scaling(*shrink)
    height, width = piece.shape
    return warp(np.asarray(contrast, dtype=np.float32), side_from_fit, (width, height))


def _side_from_canonical(side: Side, fitted: Fitted) -> Affine:
    pair = fitted.pair
    if side == "source":
        return pair.canonical_from_source.inverse()
    return pair.target_from_canonical
