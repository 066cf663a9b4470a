"""Annotations: what people and programs draw on slides."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from sar_models.domain.errors import AnnotationError

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator, Mapping

    from shapely.geometry.base import BaseGeometry

ObjectKind = Literal["annotation", "detection", "cell", "tile", "tmaCore"]
OBJECT_KINDS: tuple[ObjectKind, ...] = get_args(ObjectKind)
Color = tuple[int, int, int]

METADATA_PREFIX = "sar_align."
"""Metadata keys of ours start with this; an object that carries one was written by us."""


@dataclass(frozen=True, eq=False)
class Annotation:
    """One object on a slide; everything QuPath knows of it, and all that we do not know.

    Parameters
    ----------
    id : UUID
        Stable identity; a transferred object keeps that of its source.
    geometry : shapely geometry
        Level-0 pixels, corner origin.
    kind : {"annotation", "detection", "cell", "tile", "tmaCore"}
        QuPath's object type.
    name : str
        Empty when it has none.
    classification : tuple of str
        Class path, e.g. ``("Tumor", "Positive")``; empty when unclassified.
    class_color, color : (int, int, int) or None
        RGB of the class and of the object itself.
    measurements : mapping of str to float
    locked : bool
    metadata : mapping of str to str
    nucleus : geometry or None
        Nucleus of a cell.
    plane : (c, z, t) or None
    children : tuple of Annotation
    extra : mapping
        Fields of the GeoJSON properties that we do not know, kept as they are.
    """

    id: uuid.UUID
    geometry: BaseGeometry
    kind: ObjectKind = "annotation"
    name: str = ""
    classification: tuple[str, ...] = ()
    class_color: Color | None = None
    color: Color | None = None
    measurements: Mapping[str, float] = field(default_factory=dict)
    locked: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
    nucleus: BaseGeometry | None = None
    plane: tuple[int, int, int] | None = None
    children: tuple[Annotation, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in OBJECT_KINDS:
            raise AnnotationError(
                f"Object {self.id} is a {self.kind!r}",
                remedy=f"Known kinds are {', '.join(OBJECT_KINDS)}.",
            )

    @property
    def is_ours(self) -> bool:
        """Whether SAR-Align wrote this object (it carries our marker)."""
        return any(key.startswith(METADATA_PREFIX) for key in self.metadata)

    def walk(self) -> Iterator[Annotation]:
        """Yield the object and all its descendants."""
        yield self
        for child in self.children:
            yield from child.walk()
