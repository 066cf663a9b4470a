"""Which kinds of objects the server knows, and what their properties refer to.

Scalars come from omero-py's own classes; what refers to what cannot be asked there and is written
down here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import omero
import omero.gateway  # registers every class of the model
import omero.model
from omero.rtypes import rlong

ANNOTATIONS = tuple(
    f"{name}Annotation"
    for name in (
        *("Boolean", "Comment", "Double", "File", "List", "Long", "Map"),
        *("Tag", "Term", "Timestamp", "Xml"),
    )
)
SHAPES = ("Ellipse", "Label", "Line", "Mask", "Path", "Point", "Polygon", "Polyline", "Rectangle")
ENUMERATIONS = (
    *("AcquisitionMode", "AdminPrivilege", "ChecksumAlgorithm", "ContrastMethod"),
    *("DimensionOrder", "EventType", "Format", "Illumination", "PhotometricInterpretation"),
    "PixelsType",
)
ANNOTATED = (
    *("Annotation", "Channel", "Dataset", "Experimenter", "ExperimenterGroup", "Fileset"),
    *("Image", "OriginalFile", "Project", "Roi", "Shape"),
)
LINKS = {
    "DatasetImageLink": ("Dataset", "Image"),
    "ProjectDatasetLink": ("Project", "Dataset"),
    "GroupExperimenterMap": ("ExperimenterGroup", "Experimenter"),
    **{f"{kind}AnnotationLink": (kind, "Annotation") for kind in ANNOTATED},
}
SUBKINDS = {"Annotation": ANNOTATIONS, "Shape": SHAPES}
_ROOTS = {kind: root for root, kinds in SUBKINDS.items() for kind in kinds}
PLAIN = (
    *("AffineTransform", "Channel", "Dataset", "Event", "Experimenter", "ExperimenterGroup"),
    *("Fileset", "FilesetEntry", "Image", "LogicalChannel", "OriginalFile", "Pixels", "Project"),
    *("Roi", "Session", "WellSample", "Folder", "FolderImageLink", "FolderRoiLink", "StatsInfo"),
)
KINDS = frozenset({*PLAIN, *ANNOTATIONS, *SHAPES, *ENUMERATIONS, *LINKS})
GLOBAL = frozenset({*ENUMERATIONS, "Event", "Experimenter", "ExperimenterGroup", "Session"})
"""Kinds that belong to no group: everybody reads them."""

_REFERENCES = {
    "creationEvent": "Event",
    "dimensionOrder": "DimensionOrder",
    "experimenter": "Experimenter",
    "file": "OriginalFile",
    "fileset": "Fileset",
    "format": "Format",
    "group": "ExperimenterGroup",
    "hasher": "ChecksumAlgorithm",
    "image": "Image",
    "logicalChannel": "LogicalChannel",
    "originalFile": "OriginalFile",
    "owner": "Experimenter",
    "photometricInterpretation": "PhotometricInterpretation",
    "pixels": "Pixels",
    "pixelsType": "PixelsType",
    "roi": "Roi",
    "session": "Session",
    "statsInfo": "StatsInfo",
    "transform": "AffineTransform",
    "updateEvent": "Event",
}
_COLLECTIONS = {
    ("Dataset", "imageLinks"): ("DatasetImageLink", "parent"),
    ("Dataset", "projectLinks"): ("ProjectDatasetLink", "child"),
    ("Experimenter", "groupExperimenterMap"): ("GroupExperimenterMap", "child"),
    ("ExperimenterGroup", "groupExperimenterMap"): ("GroupExperimenterMap", "parent"),
    ("Fileset", "images"): ("Image", "fileset"),
    ("Fileset", "usedFiles"): ("FilesetEntry", "fileset"),
    ("Image", "datasetLinks"): ("DatasetImageLink", "child"),
    ("Image", "pixels"): ("Pixels", "image"),
    ("Image", "rois"): ("Roi", "image"),
    ("Image", "wellSamples"): ("WellSample", "image"),
    ("Image", "folderLinks"): ("FolderImageLink", "child"),
    ("OriginalFile", "filesetEntries"): ("FilesetEntry", "originalFile"),
    ("Pixels", "channels"): ("Channel", "pixels"),
    ("Project", "datasetLinks"): ("ProjectDatasetLink", "parent"),
    ("Roi", "folderLinks"): ("FolderRoiLink", "child"),
    ("Roi", "shapes"): ("Shape", "roi"),
    **{(kind, "annotationLinks"): (f"{kind}AnnotationLink", "parent") for kind in ANNOTATED},
}
OWNED = (("Roi", "shapes"), ("Image", "pixels"), ("Pixels", "channels"), ("Fileset", "usedFiles"))
"""Collections whose members live and die with their owner."""
VALUE_LISTS = {"MapAnnotation": "mapValue", "ExperimenterGroup": "config", "Experimenter": "config"}


@dataclass(frozen=True)
class Property:
    """A property of a kind.

    Attributes
    ----------
    sort : {"scalar", "reference", "collection", "values"}
        "values" is a list of name and value.
    kind : str
        Where it leads, for references and collections; empty where the server has no such kind.
    foreign_key : str
        Collections: the property of the members that leads back.
    wrapper : callable
        What makes an RType of a scalar.
    """

    name: str
    sort: Literal["scalar", "reference", "collection", "values"]
    kind: str = ""
    foreign_key: str = ""
    wrapper: Any = None


def root_of(kind: str) -> str:
    """Return the kind whose ids this one shares: annotations and shapes have one table each."""
    return _ROOTS.get(kind, kind)


def kinds_of(kind: str) -> tuple[str, ...]:
    """Return the concrete kinds of a name that a query uses."""
    if kind in SUBKINDS:
        return SUBKINDS[kind]
    if kind == "IEnum":
        return ENUMERATIONS
    return (kind,)


def is_known(kind: str) -> bool:
    """Return whether the server has such a table."""
    return kind in KINDS or kind in SUBKINDS


@cache
def properties(kind: str) -> dict[str, Property]:
    """Return the properties of a kind; of an abstract one, those of all its kinds."""
    found: dict[str, Property] = {}
    for concrete in kinds_of(kind):
        found |= _own_properties(concrete)
    return found


def _own_properties(kind: str) -> dict[str, Property]:
    maker = getattr(omero.model, f"{kind}I")
    example = maker()
    info = maker._field_info
    found = {"id": Property("id", "scalar", wrapper=rlong)}
    for name in info._fields:
        wrapper = getattr(info, name).wrapper
        if name == "details":
            continue
        if VALUE_LISTS.get(kind) == name:
            found[name] = Property(name, "values")
        elif hasattr(example, f"_{name}Loaded"):
            child, key = _COLLECTIONS.get((root_of(kind), name), ("", ""))
            found[name] = Property(name, "collection", child, key)
        elif wrapper is omero.proxy_to_instance:
            found[name] = Property(name, "reference", _target(kind, name))
        else:
            found[name] = Property(name, "scalar", wrapper=wrapper)
    return found


def _target(kind: str, name: str) -> str:
    if kind in LINKS and name in ("parent", "child"):
        return LINKS[kind][name == "child"]
    if (kind, name) == ("Event", "type"):
        return "EventType"
    if kind == "FolderImageLink" and name == "child":
        return "Image"
    if kind == "FolderRoiLink" and name == "child":
        return "Roi"
    return _REFERENCES.get(name, "")
