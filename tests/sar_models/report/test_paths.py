import numpy as np
import pytest
import shapely

from sar_models.domain.transforms import Affine
from sar_models.report import SlideView
from sar_models.report.paths import label_point, line_path, path_of

VIEW = SlideView(np.zeros((100, 100, 3), np.uint8), Affine.scaling(10.0, 10.0))


def test_a_polygon_with_a_hole_is_two_closed_rings_in_view_pixels() -> None:
    shape = shapely.box(100, 100, 500, 500) - shapely.box(200, 200, 300, 300)
    path = path_of(shape, VIEW)
    assert path.count("M") == path.count("Z") == 2
    numbers = [float(v) for v in path.replace("M", " ").replace("L", " ").replace("Z", " ").split()]
    assert min(numbers) == 10.0
    assert max(numbers) == 50.0


@pytest.mark.parametrize(
    "shape",
    [
        shapely.Point(50, 60),
        shapely.LineString([(0, 0), (100, 300), (500, 0)]),
        shapely.MultiPoint([(10, 10), (20, 20)]),
        shapely.GeometryCollection([shapely.Point(1, 1), shapely.box(0, 0, 90, 90)]),
    ],
)
def test_any_geometry_has_a_path(shape: shapely.Geometry) -> None:
    assert path_of(shape, VIEW).startswith("M")


@pytest.mark.parametrize("shape", [shapely.Polygon(), shapely.MultiPolygon(), shapely.Point()])
def test_what_is_empty_has_none(shape: shapely.Geometry) -> None:
    assert path_of(shape, VIEW) == ""


def test_lines_break_where_there_is_no_counterpart() -> None:
    points = np.array([[0, 0], [1, 1], [np.nan, 2], [3, 3], [4, 4.06]])
    assert line_path(points) == "M0.0 0.0L1.0 1.0M3.0 3.0L4.0 4.1"


def test_the_label_lies_inside_the_largest_part() -> None:
    crescent = shapely.Point(500, 500).buffer(300) - shapely.Point(600, 500).buffer(290)
    shape = shapely.MultiPolygon([shapely.box(0, 0, 20, 20), crescent])
    x, y = label_point(shape, VIEW)
    assert crescent.contains(shapely.Point(10 * x, 10 * y))
