"""Laws of transfer: there and back, and edges that follow a bend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import builders
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import (
    LineString,
    MultiLineString,
    MultiPoint,
    Point,
    Polygon,
    box,
)
from transfer_scenes import FIELD, affine_alignment, annotation, only, without_marker

from sar_models.domain.transfer import TransferOptions, Verdict, transfer
from sar_models.domain.transforms import Affine, Displacement, Fragment, Piecewise

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.alignment import Alignment


class TestLaws:
    @given(
        st.floats(-np.pi, np.pi), st.floats(0.3, 3), st.booleans(), st.floats(-500, 500),
        st.floats(0.05, 0.4),
    )  # fmt: skip
    def test_affine_maps_areas_by_the_determinant(
        self, angle: float, scale: float, mirror: bool, shift: float, hole: float
    ) -> None:
        affine = Affine.from_similarity(angle, scale, (shift, -shift), mirror=mirror)
        middle = Point(900, 750)
        outline = middle.buffer(230).difference(middle.buffer(230 * hole))
        found = only(transfer([annotation(outline)], affine_alignment(affine))).geometry
        assert found.area == pytest.approx(outline.area * scale**2, rel=1e-9)
        assert len(found.interiors) == 1
        assert shapely.get_num_coordinates(found) == shapely.get_num_coordinates(outline)

    @settings(max_examples=30)
    @given(st.lists(st.tuples(st.floats(550, 1300), st.floats(450, 1050)), min_size=3, max_size=9))
    def test_there_and_back_again(self, points: list[tuple[float, float]]) -> None:
        outline = MultiPoint(points).convex_hull
        if outline.geom_type != "Polygon" or outline.area < 400:
            return
        source = annotation(outline)
        there = transfer([source], FIELD)
        back = transfer(without_marker(there), FIELD, "inverse")
        assert back.reports[0].verdict is Verdict.MAPPED
        # Both ways bend edges within the tolerance of a quarter pixel.
        assert shapely.hausdorff_distance(only(back).geometry, outline) < 0.5
        assert only(there).id == only(back).id == source.id

    @given(st.integers(3, 12), st.floats(20, 250))
    def test_ids_and_results_repeat(self, count: int, radius: float) -> None:
        angle = np.arange(count) * 2 * np.pi / count
        ring = np.column_stack([np.cos(angle), np.sin(angle)]) * radius + (900, 700)
        source = annotation(Polygon(ring))
        first, second = transfer([source], FIELD), transfer([source], FIELD)
        assert first.reports == second.reports
        assert only(first).geometry.equals_exact(only(second).geometry, 0)


def strong_alignment() -> Alignment:
    """Return an alignment whose field bends by 40 px within 250."""
    y, x = np.mgrid[0:81, 0:81] * 50.0
    bend = 40 * np.stack([np.sin(y / 250), np.cos(x / 250)], axis=-1)
    field = Displacement(np.array([-1000.0, -1000.0]), np.array([50.0, 50.0]), bend)
    tissue = box(200, 200, 1800, 1300)
    target = shapely.transform(shapely.segmentize(tissue, 20), field.map)
    fragment = Fragment("tissue-1", tissue, target, field, 0.9)
    return builders.make_alignment(transform=Piecewise((fragment,), (), (), 800.0, 800.0))


@pytest.mark.parametrize("tolerance_px", [0.05, 0.25, 2.0])
@pytest.mark.parametrize(
    "shape",
    [
        box(300, 300, 1700, 1200),
        LineString([(250, 400), (1700, 1200)]),
        box(300, 300, 1700, 1200).difference(box(500, 500, 900, 1000)),
        MultiLineString([[(250, 400), (900, 1200)], [(1000, 300), (1000, 1200)]]),
    ],
)
def test_edges_follow_the_bend_within_the_tolerance(
    shape: BaseGeometry, tolerance_px: float
) -> None:
    alignment = strong_alignment()
    options = TransferOptions(tolerance_px=tolerance_px)
    found = only(transfer([annotation(shape)], alignment, options=options)).geometry
    dense = shapely.segmentize(shape, 1.0)
    truth = shapely.transform(dense, alignment.fragments[0].transform.map)
    assert shapely.hausdorff_distance(found, truth) <= tolerance_px
    count = shapely.get_num_coordinates(found)
    assert shapely.get_num_coordinates(shape) < count < shapely.get_num_coordinates(dense) / 4
    assert found.is_valid
