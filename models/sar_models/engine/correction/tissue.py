"""Outlines as masks and back: which tissue a correction takes, frees, and leaves as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import shapely
from shapely.geometry import Polygon

from sar_models.domain.alignment import polygons_of
from sar_models.engine.fragments.pieces import SLIVER
from sar_models.engine.masks import grown, opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Outline
    from sar_models.engine.section import Section

    Mask = NDArray[np.bool_]


def mask_of(outlines: Iterable[Outline], section: Section) -> Mask:
    """Return the tissue of a section that outlines in level-0 pixels hold, ``(H, W)``."""
    working_from_slide = section.slide_from_working.inverse()
    inside = np.zeros(section.mask.shape, dtype=np.bool_)
    rows, columns = section.mask.shape
    for outline in outlines:
        placed = shapely.transform(outline, working_from_slide.map)
        if placed.is_empty:
            continue
        left, top, right, bottom = placed.bounds
        x = np.arange(max(int(left), 0), min(int(np.ceil(right)) + 1, columns))
        y = np.arange(max(int(top), 0), min(int(np.ceil(bottom)) + 1, rows))
        if not (len(x) and len(y)):
            continue
        shapely.prepare(placed)
        grid_x, grid_y = np.meshgrid(x + 0.5, y + 0.5)
        inside[y[0] : y[-1] + 1, x[0] : x[-1] + 1] |= shapely.contains_xy(placed, grid_x, grid_y)
    return np.asarray(inside & (section.mask > 0.5))


def sliver_px(section: Section) -> float:
    """Return half the width up to which remains are a ragged edge, working pixels."""
    return SLIVER * float(max(section.mask.shape))


def wide_remains(remains: Mask, section: Section, seen: Points | None = None) -> Mask:
    """Return what of some remains is no ragged edge, ``(H, W)``.

    Parts that hold one of the places ``seen`` ``(N, 2)`` count as edge: somebody saw that they
    belong to the fragment.
    """
    narrow_px = sliver_px(section)
    wide = np.asarray(grown(opened(remains, narrow_px), 1.5 * narrow_px) & remains)
    if seen is None:
        return wide
    height, width = wide.shape
    _, labels = cv2.connectedComponents(wide.astype(np.uint8), connectivity=8)
    x, y = np.clip(seen.astype(int), 0, (width - 1, height - 1)).T
    held = np.unique(labels[y, x])
    return np.asarray(wide & ~np.isin(labels, held[held > 0]))


def joined_to(mask: Mask, more: Mask) -> Mask:
    """Return a mask with the parts of another one that touch it, ``(H, W)``."""
    both = mask | more
    _, labels = cv2.connectedComponents(both.astype(np.uint8), connectivity=8)
    touched = np.unique(labels[mask])
    return np.asarray(both & np.isin(labels, touched[touched > 0]))


def left_alone(
    alone: Sequence[Outline], freed: Outline | None, taken: Outline | None, narrow_px: float
) -> tuple[Polygon, ...]:
    """Return tissue without a counterpart after a fragment moved on.

    Parameters
    ----------
    alone : sequence of Polygon or MultiPolygon
        Without a counterpart before; what the fragment does not touch is returned as it is.
    freed : Polygon or MultiPolygon or None
        What the fragment held before.
    taken : Polygon or MultiPolygon or None
        What it holds now.
    narrow_px : float
        Half the width, level-0 pixels, of slivers that cutting leaves and nobody misses.
    """
    kept = [polygon for outline in alone for polygon in polygons_of(outline)]
    if taken is not None:
        kept = [
            part
            for polygon in kept
            for part in (
                _cut(polygon, taken, narrow_px) if polygon.intersects(taken) else (polygon,)
            )
        ]
    if freed is None:
        return tuple(kept)
    if taken is None:
        return (*kept, *polygons_of(freed))
    return (
        *kept,
        *(part for whole in polygons_of(freed) for part in _cut(whole, taken, narrow_px)),
    )


def _cut(polygon: Polygon, taken: Outline, narrow_px: float) -> tuple[Polygon, ...]:
    rest = shapely.make_valid(polygon).difference(shapely.make_valid(taken))
    parts = [part for part in shapely.get_parts(rest) if isinstance(part, Polygon)]
    return tuple(part for part in parts if not part.buffer(-narrow_px).is_empty)
