"""Annotations of a torn pair: where they truly lie on the target, and where they were put."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.benchmark.torn.cells import cut, mapped

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.annotations import Annotation
    from sar_models.domain.transfer import TransferResult
    from sar_models.synthesis import TornPair

_LEAST_SHARE = 0.05
"""An annotation of which the target shows less has no counterpart."""


@dataclass(frozen=True)
class AnnotationScore:
    """How annotations were transferred.

    Parameters
    ----------
    shown : int
        Annotations of which the target shows something.
    moved : int
        Of these, those that were given a place.
    iou : float
        Median overlap of all their parts with the true ones; 0 for one that was not moved.
    lost : int
        Annotations whose tissue the target has lost.
    lost_moved : int
        Of these, those that were given a place all the same.
    """

    shown: int
    moved: int
    iou: float
    lost: int
    lost_moved: int


def true_counterparts(pair: TornPair) -> tuple[Annotation, ...]:
    """Return the annotations that the target shows, where they truly lie, torn as the tissue is.

    They keep order and ids of the source's; those whose tissue is lost are left out.
    """
    shapes = {a.id: _counterpart(a.geometry, pair) for a in pair.annotations}
    return tuple(
        replace(annotation, geometry=shapes[annotation.id])
        for annotation in pair.annotations
        if shapes[annotation.id].area > _LEAST_SHARE * annotation.geometry.area
    )


def score_annotations(pair: TornPair, result: TransferResult) -> AnnotationScore:
    """Compare what ``transfer`` made of the pair's annotations with the truth.

    Parameters
    ----------
    pair : TornPair
    result : TransferResult
        Of ``pair.annotations``, all of them and in their order.
    """
    shape_of = {annotation.id: annotation.geometry for annotation in result.annotations}
    found = {
        report.id: shapely.union_all([shape_of[part] for part in report.target_ids])
        for report in result.reports
        if report.target_ids
    }
    true = {annotation.id: annotation.geometry for annotation in true_counterparts(pair)}
    overlaps = [_iou(found[key], shape) if key in found else 0.0 for key, shape in true.items()]
    return AnnotationScore(
        shown=len(true),
        moved=sum(key in found for key in true),
        iou=float(np.median(overlaps)) if overlaps else 0.0,
        lost=len(pair.annotations) - len(true),
        lost_moved=sum(a.id in found and a.id not in true for a in pair.annotations),
    )


def _counterpart(shape: BaseGeometry, pair: TornPair) -> BaseGeometry:
    parts = []
    for piece in pair.pieces:
        if piece.source is None or piece.target is None or piece.target_from_source is None:
            continue
        own = cut(np.array([shape], dtype=object), piece.source)
        if own[0].area > 0:
            parts.append(cut(mapped(own, piece.target_from_source), piece.target)[0])
    together: BaseGeometry = shapely.union_all(parts)
    return together


def _iou(found: BaseGeometry, true: BaseGeometry) -> float:
    return float(shapely.intersection(found, true).area / shapely.union(found, true).area)
