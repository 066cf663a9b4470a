"""Outlines with more vertices than a viewer can bear, made simpler within a stated tolerance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import shapely

from sar_omero.roi_codec import SIMPLIFIED_KEY

if TYPE_CHECKING:
    from sar_models.domain.annotations import Annotation

_TOLERANCES_PX = (0.25, 0.5, 1.0, 2.0, 4.0)


def fitted(annotation: Annotation, most_vertices: int) -> Annotation:
    """Return an object whose outlines have at most ``most_vertices``, as far as 4 pixels allow.

    The tolerance that was needed stands in the object's metadata: no vertex of the drawn outline
    is farther than that from the one that is stored.
    """
    children = tuple(fitted(child, most_vertices) for child in annotation.children)
    geometry, tolerance_px = annotation.geometry, 0.0
    for tolerance in _TOLERANCES_PX:
        if shapely.get_num_coordinates(geometry) <= most_vertices:
            break
        tolerance_px = tolerance
        geometry = shapely.simplify(annotation.geometry, tolerance_px, preserve_topology=True)
    if not tolerance_px:
        return replace(annotation, children=children)
    metadata = dict(annotation.metadata) | {SIMPLIFIED_KEY: f"{tolerance_px:g}"}
    return replace(annotation, geometry=geometry, metadata=metadata, children=children)
