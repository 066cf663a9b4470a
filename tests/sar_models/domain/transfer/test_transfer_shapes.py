"""Points and awkward shapes through a transfer."""

from __future__ import annotations

import builders
import numpy as np
import pytest
import shapely
from shapely.geometry import (
    LinearRing,
    LineString,
    MultiPoint,
    Point,
    Polygon,
    box,
)
from transfer_scenes import FIELD, SHIFTS, affine_alignment, annotation, only, pieces_alignment

from sar_models.domain.transfer import Verdict, transfer
from sar_models.domain.transforms import Displacement, Fragment, Piecewise


class TestPoints:
    def test_points_keep_order_and_lose_those_without_counterpart(self) -> None:
        points = MultiPoint([(200, 300), (1200, 300), (700, 300), (450, 300)])
        result = transfer([annotation(points)], pieces_alignment(*SHIFTS))
        found = shapely.get_coordinates(only(result).geometry)
        np.testing.assert_allclose(found, [(210, 320), (670, 800), (460, 320)])
        assert result.reports[0].tissue_share == pytest.approx(2 / 3)
        assert result.reports[0].verdict is Verdict.PARTLY

    def test_glass_points_do_not_count(self) -> None:
        points = MultiPoint([(200, 300), (1900, 1400)])
        result = transfer([annotation(points)], pieces_alignment(*SHIFTS))
        assert result.reports[0].verdict is Verdict.MAPPED
        assert result.reports[0].reason == "1 of 2 points have no counterpart"
        assert only(result).geometry.equals(Point(210, 320))


class TestShapes:
    def test_what_leaves_the_domain_of_a_field_is_cut_off(self) -> None:
        y, _ = np.mgrid[0:11, 0:11] / 10.0
        field = Displacement(
            np.array([100.0, 100.0]), np.array([100.0, 100.0]), 5 * np.stack([y, y], axis=-1)
        )
        tissue = box(200, 200, 1000, 1000)
        fragment = Fragment("t", tissue, shapely.transform(tissue, field.map), field, 0.9)
        alignment = builders.make_alignment(transform=Piecewise((fragment,), (), (), 400, 400))
        wide = shapely.segmentize(box(50, 300, 1300, 900).difference(box(60, 400, 80, 500)), 10)
        lines = annotation(LineString([(50, 500), (300, 500), (400, 500)]))
        gone = annotation(box(20, 300, 90, 900))
        result = transfer([annotation(wide), lines, gone], alignment)
        area, line = result.annotations
        assert area.geometry.is_valid
        assert area.geometry.bounds[0] >= 100
        assert area.geometry.bounds[2] <= 1106
        assert line.geometry.bounds[0] >= 300
        assert result.reports[2].verdict is Verdict.NOT_MAPPED

    def test_bow_ties_and_rings(self) -> None:
        tie = Polygon([(900, 700), (1000, 800), (1000, 700), (900, 800)])
        ring = LinearRing([(900, 700), (1000, 700), (1000, 800)])
        tied, closed = transfer([annotation(tie), annotation(ring)], FIELD).annotations
        assert tied.geometry.is_valid
        assert closed.geometry.geom_type == "LineString"

    def test_a_line_along_the_edge_of_tissue(self) -> None:
        along = LineString([(600, 400), (600, 1100)])
        found = only(transfer([annotation(along)], affine_alignment(SHIFTS[0])))
        assert found.geometry.length == pytest.approx(700)
