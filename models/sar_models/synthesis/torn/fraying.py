"""Ragged loss of tissue along tears: each section loses other strands of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from shapely import Polygon

from sar_models.synthesis.noise import SmoothField, stream
from sar_models.synthesis.raster import SHIFT, Raster
from sar_models.synthesis.torn.shapes import polygons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sar_models.synthesis.torn.tearing import Tear

_GRAINS_UM = ((110.0, 0.55), (38.0, 0.4), (14.0, 0.3))
"""Sizes of the strands that hang along a tear, and how far each counts."""


def frayed(
    seed: int, pieces: Sequence[Polygon], tears: Sequence[Tear], unit: float, step: float
) -> tuple[Polygon, ...]:
    """Return the pieces as one section shows them: without what is lost along the tears.

    Parameters
    ----------
    seed : int
        Seed of the section: each one frays in its own way.
    pieces : sequence of Polygon
        As `tear_up` leaves them.
    tears : sequence of Tear
        Lines between them.
    unit : float
        Units of the block per micrometre.
    step : float
        Fineness of the new edges, units of the block.

    Returns
    -------
    tuple of Polygon
        Each inside its piece; loose strands are gone.
    """
    bounds = np.array([piece.bounds for piece in pieces])
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    raster = Raster.over((*low, *high), step)
    lost = _lost(seed, tears, unit, raster)
    return tuple(_without(piece, lost, raster) for piece in pieces)


def _lost(seed: int, tears: Sequence[Tear], unit: float, raster: Raster) -> NDArray[np.bool_]:
    """Mark what lies nearer to a tear than the strands there are lost."""
    ragged = np.full((raster.height, raster.width), 0.7, dtype=np.float32)
    for size, share in _GRAINS_UM:
        rng = stream(seed, "fraying", str(size))
        # Finer than the raster it would be lost, and costly.
        field = SmoothField.draw(rng, raster.extent, max(size * unit, 4.0 * raster.step_um))
        ragged += np.float32(share) * field.on(raster)
    np.clip(ragged, 0.12, 2.4, out=ragged)
    lost = np.zeros(ragged.shape, dtype=np.bool_)
    for tear in tears:
        beside = np.full(ragged.shape, 255, dtype=np.uint8)
        cv2.polylines(beside, [raster.fixed_point(tear.line)], False, 0, 1, cv2.LINE_8, SHIFT)
        distance = np.asarray(cv2.distanceTransform(beside, cv2.DIST_L2, 5)) * raster.step_um
        lost |= distance < tear.loss * ragged
    return lost


def _without(piece: Polygon, lost: NDArray[np.bool_], raster: Raster) -> Polygon:
    mask = np.zeros(lost.shape, dtype=np.uint8)
    ring = raster.fixed_point(np.asarray(piece.exterior.coords))
    cv2.fillPoly(mask, [ring], 1, cv2.LINE_8, SHIFT)
    mask[lost] = 0
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = np.asarray(max(contours, key=cv2.contourArea), dtype=np.float64).reshape(-1, 2)
    origin = np.array([raster.origin_x_um, raster.origin_y_um])
    outline = Polygon(origin + (largest + 0.5) * raster.step_um).buffer(0)
    return polygons(outline.simplify(0.4 * raster.step_um).intersection(piece))[0]
