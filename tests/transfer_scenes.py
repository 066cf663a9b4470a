"""Alignments and annotations that the tests of transfer build."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import builders
import numpy as np
import shapely
from shapely.geometry import (
    Polygon,
    box,
)

from sar_models.domain.annotations import Annotation
from sar_models.domain.transfer import TransferOptions, TransferResult
from sar_models.domain.transforms import Affine, Fragment, Piecewise

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.alignment import Alignment

FIELD = builders.make_alignment()
SAME = TransferOptions(section="same")
INSIDE = box(600, 500, 1200, 1000)


def annotation(geometry: BaseGeometry, **fields: Any) -> Annotation:
    return Annotation(uuid.uuid4(), geometry, **fields)


def affine_alignment(affine: Affine, tissue: Polygon = INSIDE, **changes: Any) -> Alignment:
    target = Polygon(affine.map(np.array(tissue.exterior.coords)))
    fragment = Fragment("tissue-1", tissue, target, affine, 0.9)
    return builders.make_alignment(
        transform=Piecewise((fragment,), (), (), 800.0, 800.0), **changes
    )


def pieces_alignment(*transforms: Affine, gap: float = 200.0, **changes: Any) -> Alignment:
    """Return an alignment of squares of 300 px in a row, each with a transform of its own."""
    squares = [box(100 + i * (300 + gap), 200, 400 + i * (300 + gap), 500) for i in range(3)]
    fragments = tuple(
        Fragment(f"piece-{i}", square, shapely.transform(square, affine.map), affine, 0.9 - i / 10)
        for i, (square, affine) in enumerate(zip(squares, transforms, strict=False))
    )
    unpaired = tuple(squares[len(fragments) :])
    return builders.make_alignment(
        transform=Piecewise(fragments, unpaired, (), 400.0, 400.0), **changes
    )


def only(result: TransferResult) -> Annotation:
    (one,) = result.annotations
    return one


def without_marker(result: TransferResult) -> list[Annotation]:
    return [replace(a, metadata={}) for a in result.annotations]


SHIFTS = (Affine.translation((10, 20)), Affine.translation((-30, 500)))
