"""Where cells come to lie: by an alignment, as a user gets them, or by transforms of the pieces."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.benchmark.torn.cells import Cells, Regions, mapped
from sar_models.domain.annotations import Annotation
from sar_models.domain.transfer import transfer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.transforms import Transform


def transferred(cells: Cells, alignment: Alignment) -> Regions:
    """Return the cells after ``transfer``: each with all its parts, empty where not mapped."""
    drawn = [
        Annotation(id=uuid.UUID(int=index + 1), geometry=shape)
        for index, shape in enumerate(cells.source)
    ]
    result = transfer(drawn, alignment)
    shape_of = {annotation.id: annotation.geometry for annotation in result.annotations}
    regions = np.empty(len(cells), dtype=object)
    # Reports come in the order of what was handed in, one for each.
    for index, report in enumerate(result.reports):
        regions[index] = shapely.union_all([shape_of[part] for part in report.target_ids])
    return regions


def by_piece(cells: Cells, transforms: Mapping[int, Transform]) -> Regions:
    """Return the cells mapped by the transform of their piece; empty where it has none."""
    regions = np.full(len(cells), shapely.Polygon(), dtype=object)
    for piece, transform in transforms.items():
        own = cells.piece == piece
        regions[own] = mapped(cells.source[own], transform)
    return regions
