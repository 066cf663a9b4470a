"""Annotations over both slides: what was drawn, and where it went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.report.palette import FRAGMENT_HEX, hex_of
from sar_models.report.paths import path_of
from sar_models.report.redact import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sar_models.domain.annotations import Annotation
    from sar_models.report.material import Material
    from sar_models.report.views import SlideView

_MAX_OBJECTS = 400


@dataclass(frozen=True)
class DrawnObject:
    """An annotation on a view."""

    path: str
    color: str
    label: str


@dataclass(frozen=True)
class ObjectClass:
    """A line of the annotation legend."""

    label: str
    color: str
    source_count: int
    target_count: int


@dataclass(frozen=True)
class AnnotationPicture:
    """Annotations of the source and what became of them on the target."""

    source: tuple[DrawnObject, ...]
    target: tuple[DrawnObject, ...]
    classes: tuple[ObjectClass, ...]
    left_out: int


def annotation_picture(
    material: Material, source: Sequence[Annotation], target: Sequence[Annotation]
) -> AnnotationPicture | None:
    """Return annotations on both views, coloured by class; the largest of too many."""
    if not source and not target:
        return None
    labels = sorted({_label(a) for a in (*source, *target)})
    colors = {label: FRAGMENT_HEX[i % len(FRAGMENT_HEX)] for i, label in enumerate(labels)}
    for annotation in (*source, *target):
        if annotation.class_color is not None:
            colors[_label(annotation)] = hex_of(annotation.class_color)
    classes = tuple(
        ObjectClass(
            label,
            colors[label],
            sum(_label(a) == label for a in source),
            sum(_label(a) == label for a in target),
        )
        for label in labels
    )
    left_out = max(len(source) - _MAX_OBJECTS, 0) + max(len(target) - _MAX_OBJECTS, 0)
    return AnnotationPicture(
        _objects(source, material.source, colors),
        _objects(target, material.target, colors),
        classes,
        left_out,
    )


def _objects(
    annotations: Sequence[Annotation], view: SlideView, colors: dict[str, str]
) -> tuple[DrawnObject, ...]:
    largest = sorted(annotations, key=lambda a: a.geometry.area, reverse=True)[:_MAX_OBJECTS]
    return tuple(
        DrawnObject(path_of(a.geometry, view), colors[_label(a)], plain(a.name) or _label(a))
        for a in largest
    )


def _label(annotation: Annotation) -> str:
    return plain(": ".join(annotation.classification)) or "No class"
