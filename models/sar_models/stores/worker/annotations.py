"""Annotations as JSON values without any loss: no grid, no repair, unlike GeoJSON for people."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import shapely

from sar_models.domain.annotations import Annotation

if TYPE_CHECKING:
    from collections.abc import Mapping


def annotation_to_json(annotation: Annotation) -> dict[str, Any]:
    """Return an object and its children as JSON values."""
    return {
        "id": str(annotation.id),
        "geometry": shapely.to_wkb(annotation.geometry, hex=True),
        "kind": annotation.kind,
        "name": annotation.name,
        "classification": list(annotation.classification),
        "class_color": annotation.class_color,
        "color": annotation.color,
        "measurements": dict(annotation.measurements),
        "locked": annotation.locked,
        "metadata": dict(annotation.metadata),
        "nucleus": annotation.nucleus and shapely.to_wkb(annotation.nucleus, hex=True),
        "plane": annotation.plane,
        "children": [annotation_to_json(child) for child in annotation.children],
        "extra": dict(annotation.extra),
    }


def annotation_from_json(values: Mapping[str, Any]) -> Annotation:
    """Return the object that JSON values describe."""
    nucleus = values["nucleus"]
    return Annotation(
        id=uuid.UUID(values["id"]),
        geometry=shapely.from_wkb(values["geometry"]),
        kind=values["kind"],
        name=values["name"],
        classification=tuple(values["classification"]),
        class_color=_triple(values["class_color"]),
        color=_triple(values["color"]),
        measurements=values["measurements"],
        locked=values["locked"],
        metadata=values["metadata"],
        nucleus=None if nucleus is None else shapely.from_wkb(nucleus),
        plane=_triple(values["plane"]),
        children=tuple(annotation_from_json(child) for child in values["children"]),
        extra=values["extra"],
    )


def _triple(values: list[int] | None) -> tuple[int, int, int] | None:
    if values is None:
        return None
    first, second, third = values
    return first, second, third
