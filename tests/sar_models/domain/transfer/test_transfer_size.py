"""Large outlines in bounded memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import shapely
from shapely.geometry import (
    Polygon,
    box,
)
from transfer_scenes import FIELD, affine_alignment, annotation, only

from sar_models.domain.transfer import transfer
from sar_models.domain.transforms import Affine


def test_a_million_vertices() -> None:
    angle = np.linspace(0, 2 * np.pi, 1_000_001)[:-1]
    radius = 280 + 10 * np.sin(50 * angle)
    ring = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) + (900, 750)
    affine = Affine.from_similarity(0.5, 1.5, (100, 50))
    source = annotation(Polygon(ring))
    tracemalloc.start()
    result = transfer([source], affine_alignment(affine, box(550, 400, 1250, 1100)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert shapely.get_num_coordinates(only(result).geometry) == 1_000_001
    assert only(result).geometry.area == pytest.approx(source.geometry.area * 2.25)
    # Three copies of the vertices (16 MB each), what the field needs is bounded.
    assert peak < 100e6


def test_memory_for_the_field_does_not_grow_with_the_outline() -> None:
    angle = np.linspace(0, 2 * np.pi, 300_001)[:-1]
    ring = 280 * np.column_stack([np.cos(angle), np.sin(angle)]) + (900, 750)
    tracemalloc.start()
    for direction in ("forward", "inverse"):
        transfer([annotation(Polygon(ring))], FIELD, direction)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6
