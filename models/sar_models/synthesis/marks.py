"""Annotations and landmarks on a generated section, and their true counterparts."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import Polygon

from sar_models.domain.annotations import Annotation

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Transform
    from sar_models.synthesis.tissue.layout import Layout
    from sar_models.synthesis.tissue.scene import Scene

_NAMESPACE = uuid.UUID("0d6f2f3c-5f0e-4a51-9d0f-6f6f8d6f3a11")
_MOST_GLANDS = 24
_MOST_LANDMARKS = 80
_COLOURS = {
    "Tissue": (60, 60, 60),
    "Tumor": (200, 0, 0),
    "Gland": (0, 120, 200),
    "Vessel": (220, 120, 0),
    "Immune cells": (160, 90, 160),
}


def draw_annotations(
    seed: int, layout: Layout, slide_from_block: Transform
) -> tuple[Annotation, ...]:
    """Outline what a pathologist would: tissue, tumour, large glands, vessels, aggregates.

    Parameters
    ----------
    seed : int
        Seed of the pair: ids follow from it.
    layout : Layout
        The section that is annotated.
    slide_from_block : Transform
        Block um to level-0 pixels of the annotated slide.

    Returns
    -------
    tuple of Annotation
        Valid polygons in slide pixels.
    """
    scene = layout.scene
    edge = Polygon(layout.edge).buffer(0)
    outlines: list[tuple[str, BaseGeometry]] = [("Tissue", edge)]
    if scene.tumour is not None:
        outlines.append(("Tumor", scene.tumour.simplify(1.0)))
    benign = np.flatnonzero(~layout.solid)
    largest = benign[np.argsort(-scene.glands.sites.radius[benign])][:_MOST_GLANDS]
    outlines += [("Gland", Polygon(layout.glands[i])) for i in largest]
    outlines += [("Vessel", Polygon(ring)) for ring in layout.vessels]
    outlines += [
        ("Immune cells", shapely.Point(centre).buffer(radius, quad_segs=16))
        for centre, radius in zip(scene.aggregates.centre, scene.aggregates.radius, strict=True)
    ]
    drawn: list[Annotation] = []
    numbers: dict[str, int] = {}
    for label, outline in outlines:
        seen = outline if label == "Tissue" else outline.buffer(0).intersection(edge)
        if not isinstance(seen, Polygon) or seen.area < 400.0:
            continue
        numbers[label] = numbers.get(label, 0) + 1
        name = f"{label} {numbers[label]}"
        drawn.append(
            Annotation(
                id=uuid.uuid5(_NAMESPACE, f"{seed}/{name}"),
                geometry=_mapped(seen, slide_from_block),
                name=name,
                classification=(label,),
                class_color=_COLOURS[label],
            )
        )
    return tuple(drawn)


def draw_landmarks(scene: Scene) -> Points:
    """Return places that an expert would find on both sections, (N, 2) um, well inside."""
    centres = np.concatenate([scene.vessels.centre, scene.glands.sites.centre])
    room = scene.outline.buffer(-25.0)
    inside = centres[shapely.contains_xy(room, centres[:, 0], centres[:, 1])]
    # Every n-th instead of the first: spread over the tissue, as the lattice is in rows.
    stride = max(1, -(-len(inside) // _MOST_LANDMARKS))
    return np.ascontiguousarray(inside[::stride])


def mapped_annotation(annotation: Annotation, truth: Transform, spacing: float) -> Annotation:
    """Return an annotation moved by ``truth``, its edges first cut to ``spacing`` pixels."""
    dense = shapely.segmentize(annotation.geometry, spacing)
    return replace(annotation, geometry=_mapped(dense, truth))


def _mapped(geometry: BaseGeometry, transform: Transform) -> BaseGeometry:
    moved: BaseGeometry = shapely.transform(geometry, transform.map)
    return moved
