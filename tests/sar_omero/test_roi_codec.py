from __future__ import annotations

import uuid
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from rasterize import covered
from shapely.geometry import MultiPolygon, Point, Polygon, box
from store_harness import note

from sar_models.domain.annotations import Annotation
from sar_models.domain.errors import AnnotationError
from sar_models.stores.marker import content_of, marked, person_changed
from sar_omero.colours import packed, unpacked
from sar_omero.fitting import fitted
from sar_omero.holes import hole_free_parts, joined
from sar_omero.roi_codec import SIMPLIFIED_KEY, as_stored, decode, encode, flattened, tree
from sar_omero.shapes import ShapeValues, geometry_of, points_of, points_text


def with_holes(count: int) -> Polygon:
    outline = Point(300, 300).buffer(280)
    holes = [Point(120 + 60 * i, 250 + 40 * (i % 3)).buffer(18).exterior for i in range(count)]
    return Polygon(outline.exterior, holes)


@pytest.mark.parametrize("count", [0, 1, 2, 6])
def test_parts_without_holes_cover_what_the_polygon_covers(count: int) -> None:
    polygon = with_holes(count)
    parts = hole_free_parts(polygon)
    assert not any(part.interiors for part in parts)
    union = shapely.union_all(parts)
    assert union.symmetric_difference(polygon).area < 1e-6 * polygon.area
    assert sum(part.area for part in parts) == pytest.approx(polygon.area)
    assert len(joined(parts).interiors) == count


@pytest.mark.parametrize("count", [0, 1, 6])
def test_what_comes_back_covers_the_pixels_that_were_meant(count: int) -> None:
    meant = note("a", geometry=with_holes(count))
    stored = as_stored(meant)
    assert stored is not None
    was, found = covered(meant.geometry, 600), covered(stored.geometry, 600)
    assert (was & found).sum() / (was | found).sum() >= 0.999
    shapes = encode(meant).shapes
    drawn = np.any([covered(geometry_of(shape), 600) for shape in shapes], axis=0)
    assert (was & drawn).sum() / (was | drawn).sum() >= 0.999


@pytest.mark.parametrize(
    "geometry",
    [
        box(1, 2, 30, 40),
        MultiPolygon([box(0, 0, 10, 10), box(20, 20, 30, 30)]),
        MultiPolygon([with_holes(2), box(900, 900, 910, 910)]),
        Point(3.25, 4.5),
        shapely.MultiPoint([(1, 2), (3, 4)]),
        shapely.LineString([(0, 0), (5, 5), (9, 1)]),
        shapely.MultiLineString([[(0, 0), (5, 5)], [(7, 7), (9, 9)]]),
    ],
)
def test_all_geometries_keep_their_kind(geometry: shapely.Geometry) -> None:
    stored = as_stored(note("a", geometry=geometry))
    assert stored is not None
    assert stored.geometry.geom_type == geometry.geom_type
    assert stored.geometry.hausdorff_distance(geometry) < 0.01
    assert content_of(as_stored(note("a", geometry=geometry)) or stored) == content_of(stored)


def test_everything_of_an_object_comes_back() -> None:
    child = note("child", 12.0)
    whole = note(
        "a",
        children=(child,),
        locked=True,
        color=(1, 2, 3),
        plane=(0, 1, 2),
        nucleus=Point(12, 12).buffer(3),
        extra={"other": ["x"]},
    )
    whole = replace(whole, name="ä <b>")
    regions = [roi for _, roi in flattened([whole])]
    assert len(regions) == 2
    (stored,) = tree(one for roi in regions for one in decode(roi, "server"))
    assert (stored.id, stored.name, stored.locked, stored.color, stored.plane, stored.extra) == (
        whole.id,
        whole.name,
        True,
        (1, 2, 3),
        (0, 1, 2),
        {"other": ["x"]},
    )
    assert stored.children[0].id == child.id
    assert stored.measurements == whole.measurements
    assert stored.nucleus is not None


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda s: replace(s, text="mine"), "name, class"),
        (lambda s: replace(s, locked=True), "lock"),
        (lambda s: replace(s, points=((0.0, 0.0), (9.0, 0.0), (9.0, 9.0))), "outline"),
        (lambda s: replace(s, text=s.text), ""),
    ],
)
def test_what_people_do_in_a_viewer_is_noticed(edit: object, told: str) -> None:
    ours = marked(as_stored(note("a")) or note("a"), "Image:1")
    roi = encode(ours)
    edited = replace(roi, shapes=tuple(edit(shape) for shape in roi.shapes))  # type: ignore[operator]
    (found,) = decode(edited, "server")
    assert told in person_changed(found.annotation)
    assert bool(told) == bool(person_changed(found.annotation))


def test_objects_of_others_are_one_for_each_shape_with_stable_ids() -> None:
    shapes = (
        ShapeValues("Rectangle", ((1.0, 2.0),), (3.0, 4.0), number=7, text="mine"),
        ShapeValues("Ellipse", ((10.0, 10.0),), (2.0, 4.0), number=8),
    )
    roi = replace(encode(note("a")), description="drawn by hand", shapes=shapes, number=5)
    first, second = (one.annotation for one in decode(roi, "server"))
    assert first.id == uuid.uuid5(uuid.NAMESPACE_URL, "server/roi/5/shape/7")
    assert first.name == "mine"
    assert not first.is_ours
    assert first.geometry.equals(box(1, 2, 4, 6))
    assert second.geometry.bounds == pytest.approx((8, 6, 12, 14))


def test_transforms_are_baked_in() -> None:
    shape = ShapeValues("Rectangle", ((0.0, 0.0),), (2.0, 1.0), transform=(0, 1, -1, 0, 10, 20))
    assert geometry_of(shape).bounds == (9, 20, 10, 22)


def test_a_mask_is_the_outline_of_its_pixels() -> None:
    bits = np.zeros((3, 10), np.uint8)
    bits[0, 2:5] = bits[1, 2:9] = 1
    mask = ShapeValues(
        "Mask", ((100.0, 50.0),), (10.0, 3.0), mask=np.packbits(bits.ravel()).tobytes()
    )
    outline = geometry_of(mask)
    assert outline.area == bits.sum()
    assert outline.bounds == (102, 50, 109, 52)
    with pytest.raises(AnnotationError, match="mask"):
        geometry_of(replace(mask, mask=b"\1"))


@given(st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * 2), min_size=1, max_size=20))
def test_points_come_back(points: list[tuple[float, float]]) -> None:
    found = points_of(points_text(tuple(points)))
    assert np.allclose(found, points, atol=0.0006)


def test_points_of_other_programs() -> None:
    assert points_of("-5.5,3 10,-2e-1") == ((-5.5, 3.0), (10.0, -0.2))
    assert points_of(" 1 , 2, 3,4 ") == ((1.0, 2.0), (3.0, 4.0))
    for wrong in ("1,2,3", "nan,1", "a,b"):
        with pytest.raises(AnnotationError, match="no points"):
            points_of(wrong)


@given(st.tuples(*[st.integers(0, 255)] * 3), st.integers(0, 255))
def test_colours(rgb: tuple[int, int, int], alpha: int) -> None:
    value = packed(rgb, alpha)
    assert -(2**31) <= value < 2**31
    assert unpacked(value) == rgb


def test_too_many_vertices_are_simplified_within_a_stated_tolerance() -> None:
    wild = Point(5000, 5000).buffer(4000, quad_segs=20_000)
    simpler = fitted(note("a", geometry=wild), 1000)
    tolerance = float(simpler.metadata[SIMPLIFIED_KEY])
    assert shapely.get_num_coordinates(simpler.geometry) <= 1000
    assert simpler.geometry.hausdorff_distance(wild) <= tolerance
    assert fitted(note("a"), 1000).geometry.equals(note("a").geometry)


def test_a_description_that_a_person_broke_makes_the_object_theirs() -> None:
    roi = encode(marked(note("a"), "Image:1"))
    for text in ("", "SAR-Align object 1\n{", "SAR-Align object 1\n{}", "SAR-Align object 1\n[]"):
        (found,) = decode(replace(roi, description=text), "server")
        assert not found.annotation.is_ours


def test_an_object_without_area_is_not_stored() -> None:
    assert as_stored(Annotation(uuid.uuid4(), Polygon())) is None
