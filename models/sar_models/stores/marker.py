"""Our marker on objects: whose they are, what we wrote, and whether a person changed it since."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import shapely

from sar_models.domain.annotations import METADATA_PREFIX
from sar_models.domain.provenance import sha256_of
from sar_models.stores.changes import NAMESPACE

if TYPE_CHECKING:
    from sar_models.domain.annotations import Annotation

_PREFIX = f"{METADATA_PREFIX}push."
NAMESPACE_KEY = f"{_PREFIX}namespace"
SOURCE_KEY = f"{_PREFIX}source"
OBJECT_KEY = f"{_PREFIX}object"
CONTENT_KEY = f"{_PREFIX}content"
WRITTEN_KEY = f"{_PREFIX}written"
_MARKER_KEYS = frozenset((NAMESPACE_KEY, SOURCE_KEY, OBJECT_KEY, CONTENT_KEY, WRITTEN_KEY))

_GRID_PX = 0.02
"""How far programs move a vertex without being asked: QuPath keeps float32 of a 0.01 px grid."""
_DIGEST = 16
_CORE_SHARE = 0.05
"""How far a core's centre may move without a person, as a share of its extent."""


def marked(annotation: Annotation, source: str) -> Annotation:
    """Return an object (with its children) that carries our marker.

    Parameters
    ----------
    annotation : Annotation
        As it will be stored, without the marker.
    source : str
        The slide it came from.
    """
    content = content_of(annotation)
    children = tuple(marked(child, source) for child in annotation.children)
    marker = {
        NAMESPACE_KEY: NAMESPACE,
        SOURCE_KEY: source,
        OBJECT_KEY: str(annotation.id),
        CONTENT_KEY: content,
        WRITTEN_KEY: _written(annotation),
    }
    return replace(annotation, metadata=dict(annotation.metadata) | marker, children=children)


def is_from(annotation: Annotation, source: str) -> bool:
    """Tell whether we put an object here from the slide ``source``."""
    return is_published(annotation) and annotation.metadata.get(SOURCE_KEY) == source


def is_published(annotation: Annotation) -> bool:
    """Tell whether an object was published by a push, from whatever slide.

    A copy that a person made of it carries the marker too, but has an id of its own.
    """
    metadata = annotation.metadata
    return metadata.get(NAMESPACE_KEY) == NAMESPACE and (
        metadata.get(OBJECT_KEY) == str(annotation.id)
    )


def object_id(annotation: Annotation) -> str:
    """Return the object part of the stable key."""
    return str(annotation.id)


def content_of(annotation: Annotation) -> str:
    """Return a hash of everything an object is, its marker and children's markers aside."""
    return sha256_of(
        {
            "geometry": shapely.to_wkt(annotation.geometry, rounding_precision=2),
            "nucleus": annotation.nucleus and shapely.to_wkt(annotation.nucleus, 2),
            "attributes": _attributes(annotation),
            "colors": [annotation.class_color, annotation.color],
            "plane": annotation.plane,
            "measurements": {k: float(f"{v:.6g}") for k, v in annotation.measurements.items()},
            "metadata": {k: v for k, v in annotation.metadata.items() if k not in _MARKER_KEYS},
            "children": [content_of(child) for child in annotation.children],
        }
    )


def person_changed(annotation: Annotation) -> str:
    """Return what a person did to an object of ours since we wrote it, or an empty string.

    Shapes are compared by area, length and centroid within what rounding explains, so that a
    mere save in QuPath is no edit.
    """
    written = annotation.metadata.get(WRITTEN_KEY, "").split()
    if len(written) != 6:
        return "its marker was changed"
    attributes, children, *shape = written
    if attributes != sha256_of(_attributes(annotation))[:_DIGEST]:
        return "a person changed its name, class, type or lock"
    if not _same_shape(annotation, shape):
        return "a person changed its outline"
    own = [child for child in annotation.children if is_published(child)]
    if len(own) < int(children):
        return "a person deleted parts of it"
    if len(own) < len(annotation.children):
        return "a person added objects to it"
    return next((found for child in own if (found := person_changed(child))), "")


def _written(annotation: Annotation) -> str:
    attributes = sha256_of(_attributes(annotation))[:_DIGEST]
    shape = " ".join(f"{value:.3f}" for value in _shape(annotation))
    return f"{attributes} {len(annotation.children)} {shape}"


def _attributes(annotation: Annotation) -> list[object]:
    return [
        annotation.name,
        list(annotation.classification),
        annotation.kind,
        annotation.locked,
        annotation.nucleus is not None,
    ]


def _shape(annotation: Annotation) -> tuple[float, float, float, float]:
    geometry = annotation.geometry
    centre = geometry.centroid
    return geometry.area, geometry.length, centre.x, centre.y


def _same_shape(annotation: Annotation, written: list[str]) -> bool:
    geometry = annotation.geometry
    tolerances: tuple[float, ...] = (
        _GRID_PX * (1 + geometry.length),
        _GRID_PX * (1 + shapely.get_num_coordinates(geometry)),
        _GRID_PX * 2,
        _GRID_PX * 2,
    )
    if annotation.kind == "tmaCore":
        # QuPath draws the ellipse that fits the bounds of what it reads.
        loose = _CORE_SHARE * math.sqrt(max(geometry.area, 1.0))
        tolerances = (math.inf, math.inf, loose, loose)
    pairs = zip(written, _shape(annotation), tolerances, strict=True)
    try:
        return all(math.isclose(float(w), s, rel_tol=0.0, abs_tol=t) for w, s, t in pairs)
    except ValueError:
        return False
