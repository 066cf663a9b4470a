from __future__ import annotations

import json
import math
import uuid
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import (
    GeometryCollection,
    LinearRing,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
    box,
)

from sar_models.domain.annotations import OBJECT_KINDS, Annotation
from sar_models.domain.errors import AnnotationError, InputError
from sar_models.stores.geojson import (
    encode_geojson,
    lint,
    parse_geojson,
    read_geojson,
    write_geojson,
)

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

ID = uuid.UUID("164e0249-fbe3-4a17-a4ba-7bb70fef9018")
BOW_TIE = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])


def written(*annotations: Annotation) -> list[dict[str, Any]]:
    document = json.loads(encode_geojson(annotations))
    assert document["type"] == "FeatureCollection"
    assert lint(document) == [] or all(f.code == "unknown" for f in lint(document))
    features: list[dict[str, Any]] = document["features"]
    return features


def nulls(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(nulls, value.values()))
    if isinstance(value, list):
        return any(map(nulls, value))
    return value is None


def test_the_form_that_every_qupath_reads() -> None:
    (feature,) = written(
        Annotation(
            ID,
            MultiPolygon([Polygon([(1.23456, 2), (30, 2), (30, 40)])]),
            name="T1",
            classification=("Tumor", "Positive"),
            class_color=(200, 0, 0),
            color=(1, 2, 3),
            measurements={"DSC": 0.91},
            locked=True,
            metadata={"sar_align.run": "r1"},
            plane=(-1, 2, 1),
        )
    )
    assert feature == {
        "type": "Feature",
        "id": str(ID),
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[1.23, 2], [30, 2], [30, 40], [1.23, 2]]],
            "plane": {"c": -1, "z": 2, "t": 1},
        },
        "properties": {
            "objectType": "annotation",
            "name": "T1",
            "color": [1, 2, 3],
            "classification": {"name": "Tumor: Positive", "color": [200, 0, 0]},
            "isLocked": True,
            "measurements": {"DSC": 0.91},
            "metadata": {"sar_align.run": "r1"},
        },
    }


def test_nothing_is_written_for_nothing() -> None:
    (feature,) = written(Annotation(ID, Point(1, 2)))
    assert feature["properties"] == {"objectType": "annotation"}
    assert written() == []


def test_no_value_is_null_and_nan_in_unknown_fields_becomes_text() -> None:
    (feature,) = written(
        Annotation(ID, Point(1, 2), extra={"none": None, "odd": [math.nan], "feature:n": None})
    )
    assert not nulls(feature)
    assert feature["properties"]["odd"] == "[NaN]"


@pytest.mark.parametrize(
    ("geometry", "kind"),
    [
        (MultiPoint([(1, 2)]), "Point"),
        (MultiLineString([[(1, 2), (3, 4)]]), "LineString"),
        (LinearRing([(0, 0), (1, 0), (1, 1)]), "LineString"),
        (BOW_TIE, "MultiPolygon"),
        (MultiPolygon([box(0, 0, 10, 10), box(5, 0, 15, 10)]), "Polygon"),
        (Polygon([(0, 0), (9, 0), (9, 9)]).buffer(0), "Polygon"),
        (MultiLineString([[(1, 2), (3, 4)], [(5, 5), (6, 6)]]), "MultiLineString"),
    ],
)
def test_types_without_needless_nesting(geometry: BaseGeometry, kind: str) -> None:
    (feature,) = written(Annotation(ID, geometry))
    assert feature["geometry"]["type"] == kind


def test_slivers_of_a_repair_are_dropped_but_small_objects_stay() -> None:
    sliver = Polygon([(0, 0), (100, 100), (100, 0), (99.99, 100.5), (0, 100.5)])
    (feature,) = written(Annotation(ID, sliver))
    areas = [
        shapely.area(p) for p in shapely.get_parts(shapely.geometry.shape(feature["geometry"]))
    ]
    assert min(areas) >= 1
    (feature,) = written(Annotation(ID, box(5, 5, 5.5, 5.5)))
    assert shapely.geometry.shape(feature["geometry"]).area == pytest.approx(0.25)


def test_outlines_stay_valid_on_the_grid() -> None:
    # Rounded one by one, the tip of the spike crosses the far edge.
    spike = Polygon([(0, 0), (10, 0), (10, 10), (5.004, 0.0051), (4.996, 0.0049), (0, 10)])
    near = Polygon([(0, 0), (20, 0), (20, 5), (10, 0.004), (0, 5)])
    for outline in (spike, near):
        (feature,) = written(Annotation(ID, outline))
        shape = shapely.geometry.shape(feature["geometry"])
        assert shape.is_valid
        assert shape.area == pytest.approx(outline.area, abs=0.3)


def test_what_cannot_be_written_is_noted(tmp_path: Path) -> None:
    objects = [
        Annotation(ID, box(0, 0, 0.001, 0.001), name="dot"),
        Annotation(uuid.uuid4(), Point(1, 2), measurements={"a": math.nan, "b": 1.0}),
        Annotation(uuid.uuid4(), Point(1, 2), measurements={"a": math.inf}),
    ]
    notes = write_geojson(tmp_path / "a.geojson", objects)
    assert {note.code: note.count for note in notes} == {"vanished": 1, "measurement": 2}
    assert "dot" in notes[0].where
    kept = read_geojson(tmp_path / "a.geojson").annotations
    assert [dict(a.measurements) for a in kept] == [{"b": 1.0}, {}]


def test_cells_and_children() -> None:
    nucleus = box(2, 2, 4, 4)
    child = Annotation(uuid.uuid4(), box(0, 0, 9, 9), kind="cell", nucleus=nucleus)
    lost = Annotation(uuid.uuid4(), box(0, 0, 0.001, 0.001))
    speck = Annotation(uuid.uuid4(), box(0, 0, 8, 8), kind="cell", nucleus=lost.geometry)
    (feature,) = written(Annotation(ID, box(0, 0, 99, 99), children=(child, lost, speck)))
    first, second = feature["properties"]["childObjects"]
    assert first["properties"]["objectType"] == "cell"
    assert shapely.geometry.shape(first["nucleusGeometry"]).equals(nucleus)
    assert "nucleusGeometry" not in second


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (Annotation(ID, Polygon()), "empty geometry"),
        (Annotation(ID, LineString([(0, 0), (1, np.inf)])), "no finite"),
        (
            Annotation(ID, GeometryCollection([Point(1, 2), BOW_TIE])),
            "mixes Point, Polygon",
        ),
        (Annotation(ID, Point(1, 2), color=(1, 2, 300)), "QuPath would refuse"),
        (Annotation(ID, Point(1, 2), children=(Annotation(ID, Point(1, 2)),)), "taken by another"),
    ],
)
def test_what_qupath_would_refuse_is_not_written(
    tmp_path: Path, annotation: Annotation, message: str
) -> None:
    path = tmp_path / "a.geojson"
    path.write_text("before", encoding="utf-8")
    with pytest.raises(AnnotationError, match=message):
        write_geojson(path, [Annotation(uuid.uuid4(), Point(1, 2)), annotation])
    assert path.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Cannot write"):
        write_geojson(tmp_path / "none" / "a.geojson", [])


numbers = st.floats(-1e6, 1e6, allow_nan=False)
points = st.tuples(numbers, numbers)
texts = st.text(max_size=12)
measurement_values = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | texts | measurement_values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def stars(draw: st.DrawFn) -> Polygon:
    """Star-shaped outlines, some with a hole."""
    x, y = draw(points)
    radii = draw(st.lists(st.floats(5, 5000), min_size=3, max_size=30))
    angle = np.arange(len(radii)) * 2 * np.pi / len(radii)
    ring = np.array([x, y]) + np.array(radii)[:, None] * np.column_stack(
        [np.cos(angle), np.sin(angle)]
    )
    middle = Point(x, y).buffer(0.2 * min(radii) * np.cos(np.pi / len(radii)))
    holes = [middle.exterior.coords] if draw(st.booleans()) and middle.area > 1 else []
    return Polygon(ring, holes)


geometries = st.one_of(
    stars(),
    points.map(Point),
    st.lists(points, min_size=2, max_size=5).map(MultiPoint),
    st.lists(points, min_size=2, max_size=9).map(LineString),
)
colors = st.none() | st.tuples(*[st.integers(0, 255)] * 3)
class_parts = st.text("abcXYZ .µ-", min_size=1, max_size=8).map(str.strip).filter(bool)
unknown_keys = st.text("abcdef:-", min_size=1, max_size=8).filter(
    lambda key: not key.startswith(("feature:", "geometry:"))
)


@st.composite
def annotations(draw: st.DrawFn, depth: int = 1) -> Annotation:
    path = tuple(draw(st.lists(class_parts, max_size=3)))
    kind = draw(st.sampled_from(OBJECT_KINDS))
    children = draw(st.lists(annotations(depth - 1), max_size=2)) if depth else []
    return Annotation(
        id=draw(st.uuids()),
        geometry=draw(geometries),
        kind=kind,
        name=draw(texts),
        classification=path,
        class_color=draw(colors) if path else None,
        color=draw(colors),
        measurements=draw(st.dictionaries(texts, measurement_values, max_size=3)),
        locked=draw(st.booleans()),
        metadata=draw(st.dictionaries(texts, texts, max_size=3)),
        nucleus=draw(st.none() | stars()) if kind == "cell" else None,
        plane=draw(st.none() | st.tuples(st.just(-1), st.integers(0, 9), st.integers(0, 9))),
        children=tuple(children),
        extra=draw(st.dictionaries(unknown_keys, json_values, max_size=3)),
    )


def assert_same(left: Annotation, right: Annotation) -> None:
    for name in (
        "id", "kind", "name", "classification", "class_color", "color", "locked", "plane",
    ):  # fmt: skip
        assert getattr(left, name) == getattr(right, name), name
    for name in ("measurements", "metadata", "extra"):
        assert dict(getattr(left, name)) == dict(getattr(right, name)), name
    assert left.geometry.geom_type == right.geometry.geom_type
    assert_near(left.geometry, right.geometry)
    assert (left.nucleus is None) == (right.nucleus is None)
    if left.nucleus is not None:
        assert_near(left.nucleus, right.nucleus)
    assert len(left.children) == len(right.children)
    for ours, theirs in zip(left.children, right.children, strict=True):
        assert_same(ours, theirs)


def assert_near(left: BaseGeometry, right: BaseGeometry) -> None:
    # GEOS divides by the length of a line: one of no length has no distance to itself.
    same = shapely.equals_exact(left, right, 0.01)
    assert same or shapely.hausdorff_distance(left, right) <= 0.01


@given(annotations())
def test_reading_what_was_written_gives_the_same(annotation: Annotation) -> None:
    result = parse_geojson(encode_geojson([annotation]))
    assert result.notes == ()
    assert_same(result.annotations[0], annotation)
    again = encode_geojson(result.annotations)
    assert again == encode_geojson(parse_geojson(again).annotations)


@given(st.lists(points, min_size=3, max_size=12))
def test_no_scribble_is_written_invalid(ring: list[tuple[float, float]]) -> None:
    features = written(Annotation(ID, Polygon(ring)))
    for feature in features:
        assert shapely.geometry.shape(feature["geometry"]).is_valid
