"""Outlines out of what shapely's set operations leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from shapely import MultiPolygon, Polygon

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Outline


def polygons(shape: BaseGeometry) -> list[Polygon]:
    """Return the polygons of a shape, the largest first; points and lines are gone."""
    parts = getattr(shape, "geoms", [shape])
    areal = [part for part in parts if isinstance(part, Polygon) and not part.is_empty]
    return sorted(areal, key=lambda part: -part.area)


def outline(shape: BaseGeometry) -> Outline:
    """Return what is areal of a shape; an empty polygon if nothing is."""
    parts = polygons(shape)
    if len(parts) > 1:
        return MultiPolygon(parts)
    return parts[0] if parts else Polygon()


def rim(shape: BaseGeometry) -> Points:
    """Return the vertices of the largest outer ring, (K, 2)."""
    return np.asarray(polygons(shape)[0].exterior.coords, dtype=np.float64)
