from __future__ import annotations

import gzip
import json
import tracemalloc
import uuid
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from geojson_dialect_inputs import FULL, POLYGON, RING, UUID, feature, shape
from shapely.geometry import LineString, MultiPoint, Point, Polygon, box

from sar_models.domain.errors import AnnotationError, OptionError
from sar_models.stores.geojson import ReadLimits, ReadResult, parse_geojson, read_geojson

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.domain.annotations import Annotation

CHILD_ID = "345554d3-fbe3-4a17-a4ba-7bb70fef9018"


def read(document: Any, limits: ReadLimits | None = None) -> ReadResult:
    return parse_geojson(json.dumps(document).encode(), "in.geojson", limits)


def one(document: Any) -> Annotation:
    (annotation,) = read(document).annotations
    return annotation


@pytest.mark.parametrize(
    ("document", "count"),
    [
        ({"type": "FeatureCollection", "features": [FULL, feature(id=CHILD_ID)]}, 2),
        ({"features": [FULL], "name": "x", "type": "FeatureCollection"}, 1),
        ({"type": "FeatureCollection", "features": []}, 0),
        ([], 0),
        ([FULL], 1),
        (FULL, 1),
        (POLYGON, 1),
        ([POLYGON, {"type": "Point", "coordinates": [1, 2]}], 2),
    ],
)
def test_all_kinds_of_documents(document: Any, count: int) -> None:
    assert len(read(document).annotations) == count


def test_every_known_field() -> None:
    annotation = one(
        feature(
            POLYGON | {"plane": {"c": -1, "z": 2, "t": 1}},
            objectType="cell",
            name="T1",
            classification={"name": "Tumor: Positive", "color": [200, 0, 0]},
            color=[1, 2, 3],
            isLocked=True,
            measurements={"Area": 5, "text": "2.5", "null": None},
            metadata={"run": "r1", "n": 5, "list": [1], "null": None},
        )
        | {"nucleusGeometry": {"type": "Polygon", "coordinates": [RING]}}
    )
    assert annotation.id == uuid.UUID(UUID)
    assert (annotation.kind, annotation.name, annotation.locked) == ("cell", "T1", True)
    assert annotation.classification == ("Tumor", "Positive")
    assert (annotation.class_color, annotation.color) == ((200, 0, 0), (1, 2, 3))
    assert annotation.measurements == {"Area": 5.0, "text": 2.5}
    assert annotation.metadata == {"run": "r1", "n": "5", "list": "[1]"}
    assert annotation.plane == (-1, 2, 1)
    assert annotation.nucleus is not None
    assert annotation.nucleus.equals(Polygon(RING))
    assert annotation.extra == {}


def test_children_to_any_generation() -> None:
    grandchild = feature(id="00000000-0000-4000-8000-000000000003", name="c")
    child = feature(id=CHILD_ID, name="b", childObjects=[grandchild])
    annotation = one(feature(name="a", childObjects=[child]))
    assert [a.name for a in annotation.walk()] == ["a", "b", "c"]


def test_root_is_replaced_by_its_children() -> None:
    root = feature(None, objectType="root", childObjects=[feature(name="a")])
    result = read(root)
    assert [a.name for a in result.annotations] == ["a"]
    assert result.notes[0].code == "root"


def test_unknown_fields_are_kept_where_they_stood() -> None:
    odd = feature(POLYGON | {"isEllipse": True}, ours={"a": [1]}, isMissing=False)
    annotation = one(odd | {"bbox": [1, 2, 3, 4]})
    assert annotation.extra == {
        "ours": {"a": [1]},
        "isMissing": False,
        "geometry:isEllipse": True,
        "feature:bbox": [1, 2, 3, 4],
    }


@pytest.mark.parametrize(
    ("properties", "extra"),
    [
        ({"objectType": "foo"}, {"original_objectType": "foo"}),
        ({"color": "red"}, {"original_color": "red"}),
        ({"classification": 3}, {"original_classification": 3}),
        ({"measurements": "many"}, {"original_measurements": "many"}),
        ({"measurements": {"a": "wide", "b": 1}}, {"original_measurements": {"a": "wide"}}),
        ({"metadata": [1]}, {"original_metadata": [1]}),
        ({"childObjects": "none"}, {"original_childObjects": "none"}),
    ],
)
def test_odd_values_are_kept_and_noted(properties: dict[str, Any], extra: Any) -> None:
    result = read(feature(**properties))
    assert result.annotations[0].extra == extra
    assert len(result.notes) == 1
    assert "kept as original_" in str(result.notes[0])


@pytest.mark.parametrize(
    ("properties", "kind"),
    [
        ({"objectType": None, "object_type": "detection"}, "detection"),
        ({"objectType": None, "type": "tile"}, "tile"),
        ({"objectType": "TMACore"}, "tmaCore"),
        ({"objectType": None}, "annotation"),
    ],
)
def test_object_types_old_and_new(properties: dict[str, Any], kind: str) -> None:
    properties = {key: value for key, value in properties.items() if value is not None}
    document = feature()
    document["properties"] = properties
    assert one(document).kind == kind


@pytest.mark.parametrize(
    ("classification", "path", "color"),
    [
        ("Tumor", ("Tumor",), None),
        ({"name": "Tumor", "colorRGB": -3670016}, ("Tumor",), (200, 0, 0)),
        ({"names": ["Tumor", "Positive"]}, ("Tumor", "Positive"), None),
        ({"name": None}, (), None),
        (["Tumor"], ("Tumor",), None),
        ({"name": "T", "color": [1, 2, 3, 255]}, ("T",), (1, 2, 3)),
    ],
)
def test_classes(classification: Any, path: tuple[str, ...], color: Any) -> None:
    annotation = one(feature(classification=classification))
    assert (annotation.classification, annotation.class_color) == (path, color)


def test_measurements_that_are_nan_stay_nan() -> None:
    assert np.isnan(one(feature(measurements={"a": float("nan")})).measurements["a"])


class TestIds:
    def test_ids_depend_on_content_alone(self) -> None:
        named, other = feature(id="PathAnnotationObject", name="a"), feature(id=None, name="b")
        first = read([named, other]).annotations
        second = read([other, named]).annotations
        assert [a.id for a in first] == [a.id for a in second][::-1]
        assert first[0].id.version == 5
        assert first[0].extra["original_id"] == "PathAnnotationObject"
        assert "original_id" not in first[1].extra

    def test_ids_are_unique(self) -> None:
        same = read([feature(id=7)] * 3 + [feature()] * 3)
        assert len({a.id for a in same.annotations}) == 6
        assert {note.code: note.count for note in same.notes} == {"id-no-uuid": 3, "id-twice": 2}
        assert same.annotations[3].id == uuid.UUID(UUID)
        assert same.annotations[4].extra["original_id"] == UUID

    def test_uuid_in_any_spelling(self) -> None:
        for spelling in (UUID.upper(), UUID.replace("-", "")):
            assert one(feature(id=spelling)).id == uuid.UUID(UUID)
        assert one(feature(id="Z" * 36)).id.version == 5


class TestShapes:
    @pytest.mark.parametrize(
        ("document", "expected"),
        [
            (shape("Point", [1.25, 2.75]), Point(1.25, 2.75)),
            (shape("MultiPoint", [[1, 2], [3, 4]]), MultiPoint([(1, 2), (3, 4)])),
            (shape("MultiPoint", [[1, 2]]), Point(1, 2)),
            (shape("LineString", [[1, 2], [3, 4, 5]]), LineString([(1, 2), (3, 4)])),
            (shape("MultiLineString", [[[1, 2], [3, 4]]]), LineString([(1, 2), (3, 4)])),
            (shape("MultiPolygon", [[RING]]), Polygon(RING)),
            (shape("Polygon", []), Polygon()),
        ],
    )
    def test_types(self, document: Any, expected: Any) -> None:
        geometry = one(document).geometry
        assert geometry.geom_type == expected.geom_type
        assert geometry.equals(expected)

    def test_bow_tie_keeps_both_wings(self) -> None:
        result = read(shape("Polygon", [[[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]]))
        geometry = result.annotations[0].geometry
        assert geometry.is_valid
        assert geometry.geom_type == "MultiPolygon"
        assert geometry.area == pytest.approx(50)
        assert result.notes[0].code == "repaired"

    def test_overlapping_parts_are_united(self) -> None:
        parts = [[[[x, 0], [x + 10, 0], [x + 10, 10], [x, 10], [x, 0]]] for x in (0, 5)]
        geometry = one(shape("MultiPolygon", parts)).geometry
        assert geometry.equals(box(0, 0, 15, 10))

    def test_many_parts_on_top_of_each_other_take_no_time(self) -> None:
        ring = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]
        geometry = one(shape("MultiPolygon", [[ring]] * 1000)).geometry
        assert geometry.equals(box(0, 0, 10, 10))

    def test_outline_without_area_is_kept_as_a_line(self) -> None:
        result = read(shape("Polygon", [[[0, 0], [5, 5], [9, 9], [0, 0]]]))
        assert result.annotations[0].geometry.geom_type == "LineString"
        assert result.notes[0].code == "no-area"

    def test_collections_of_one_dimension_are_joined(self) -> None:
        members = [POLYGON, {"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 0]]]}]
        collection = feature({"type": "GeometryCollection", "geometries": members})
        assert one(collection).geometry.geom_type == "MultiPolygon"
        points = [{"type": "Point", "coordinates": [i, i]} for i in range(3)]
        collection = feature({"type": "GeometryCollection", "geometries": points})
        assert one(collection).geometry.equals(MultiPoint([(0, 0), (1, 1), (2, 2)]))
        lines = [{"type": "LineString", "coordinates": [[0, i], [9, i]]} for i in range(2)]
        collection = feature({"type": "GeometryCollection", "geometries": lines})
        assert one(collection).geometry.geom_type == "MultiLineString"

    def test_holes_and_winding(self) -> None:
        hole = [[20, 20], [40, 20], [40, 40], [20, 40], [20, 20]]
        outer = [[0, 0], [0, 100], [100, 100], [100, 0], [0, 0]]
        assert one(shape("Polygon", [outer, hole])).geometry.area == 100**2 - 20**2


POINT = {"type": "Point", "coordinates": [1, 2]}
POINT_TEXT = json.dumps(POINT)
SPIRAL = [[float(np.cos(i * 2.5)) * 1000, float(np.sin(i * 2.5)) * 1000] for i in range(3000)]

BAD_SHAPES = {
    "null": (feature(None), "has no geometry"),
    "no geometry": ({"type": "Feature"}, "has no geometry"),
    "NaN": (shape("Polygon", [[[0, 0], [float("nan"), 1], [1, 1], [0, 0]]]), "nan.*number 1"),
    "infinite": (shape("Point", [float("inf"), 1]), "inf"),
    "1e308": (shape("Point", [1e308, 1]), "max_coordinate_px"),
    "10^400": (shape("Point", [10**400, 1]), "pair of numbers"),
    "unclosed": (shape("Polygon", [RING[:-1]]), "not closed"),
    "empty hole": (shape("Polygon", [RING, []]), "not closed"),
    "two vertices": (shape("Polygon", [[[0, 0], [1, 1], [0, 0]]]), "at least 4"),
    "one vertex": (shape("LineString", [[0, 0]]), "expected 2"),
    "text": (shape("Point", ["1", "2"]), "pair of numbers"),
    "null coordinate": (shape("Point", [None, 2]), "pair of numbers"),
    "true": (shape("MultiPoint", [[True, False]]), "pair of numbers"),
    "one number": (shape("MultiPoint", [[1], [2]]), "pair of numbers"),
    "ragged": (shape("MultiPoint", [[1, 2], [1, [2]], [3]]), "pair of numbers"),
    "ragged deep": (shape("MultiPoint", [[1, [2, 3]], [1, 2]]), "pair of numbers"),
    "too flat": (shape("Polygon", [1, 2]), "pair of numbers"),
    "object": (shape("LineString", {"a": 1}), "expected a list"),
    "ring object": (shape("MultiPolygon", [{"a": 1}]), "rings"),
    "ring of objects": (shape("Polygon", [{"a": 1}]), "pair of numbers"),
    "circle": (shape("Circle", [1, 2]), "unknown geometry type 'Circle'"),
    "empty collection": (feature({"type": "GeometryCollection"}), "empty"),
    "mixed collection": (
        feature({"type": "GeometryCollection", "geometries": [POLYGON, POINT]}),
        "mixes Point, Polygon",
    ),
    "nested collection": (
        feature({"type": "GeometryCollection", "geometries": [{"type": "GeometryCollection"}]}),
        "another one",
    ),
    "scribble": (shape("Polygon", [[*SPIRAL, SPIRAL[0]]]), "max_crossings"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_SHAPES)
def test_bad_shapes_are_refused_with_file_feature_and_remedy(name: str) -> None:
    document, message = BAD_SHAPES[name]
    with pytest.raises(AnnotationError, match=message) as caught:
        read([feature(id=CHILD_ID), document])
    assert caught.value.message.startswith("'in.geojson', feature 1")
    assert caught.value.remedy


def test_errors_name_id_and_name_and_the_way_to_a_child() -> None:
    broken = feature(None, id="x7", name="Tumour A")
    with pytest.raises(AnnotationError, match=r"feature 0, child 0 \(id 'x7', name 'Tumour A'\)"):
        read(feature(childObjects=[broken]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no GeoJSON"),
        ("not json", "no GeoJSON: it starts with 'not json'"),
        ("{", "no valid JSON"),
        ('{"type":"FeatureCollection","features":[{"type":"Feature"', "no valid JSON"),
        ('{"type":"FeatureCollection","features":[]', "expected ','"),
        ('{"type":"FeatureCollection","features":[]} x', "more text after the end"),
        ("[] []", "more text after the end"),
        (f"[{POINT_TEXT},]", "value is missing"),
        ('{"type":"Feature",}', "value is missing"),
        (f"[{POINT_TEXT} 2]", "expected ','"),
        ('{"type" "x"}', "expected a key"),
        ("{1:2}", "expected a key"),
        ('["unterminated', "no valid JSON"),
        ("[" + "9" * 5000 + "]", "too long"),
        ("[3]", "feature 0 is 3"),
        ('{"a":1}', "type None"),
        ('{"type":"Topology"}', "type 'Topology'"),
        ('{"type":"FeatureCollection"}', "no GeoJSON collection"),
        ('{"type":"FeatureCollection","features":{}}', "no GeoJSON collection"),
        ('{"type":"x","features":[]}', "no GeoJSON collection"),
        ('{"type":"Feature","properties":[1]}', "properties"),
        (
            '{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":3}',
            "prop",
        ),
    ],
)
def test_what_is_no_geojson_is_refused(text: str, message: str) -> None:
    with pytest.raises(AnnotationError, match=message):
        parse_geojson(text.encode(), "in.geojson")


def test_binary_is_refused() -> None:
    with pytest.raises(AnnotationError, match="no text"):
        parse_geojson(b"\x89PNG\xff\xfe\xfa")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_encodings(encoding: str) -> None:
    text = json.dumps(feature(name="Übergang 部"), ensure_ascii=False)
    (annotation,) = parse_geojson(text.encode(encoding)).annotations
    assert annotation.name == "Übergang 部"


def test_brackets_in_names_are_no_nesting() -> None:
    assert one(feature(name='"\\' + "[{" * 500)).name.endswith("[{")


NESTED_CHILDREN = '{"type":"Feature","properties":{"childObjects":['


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":', NESTED_CHILDREN])
@pytest.mark.parametrize("depth", [101, 100_000])
def test_absurd_nesting_is_refused(opening: str, depth: int) -> None:
    with pytest.raises(AnnotationError, match="max_depth"):
        parse_geojson((opening * depth).encode())


def test_strings_that_never_end_take_no_time() -> None:
    with pytest.raises(AnnotationError, match="no valid JSON"):
        parse_geojson(b'["' + b'\\"' * 2_000_000)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (ReadLimits(max_features=2), "max_features"),
        (ReadLimits(max_vertices=12), "max_vertices"),
        (ReadLimits(max_values=60), "max_values"),
        (ReadLimits(max_depth=5), "max_depth"),
    ],
)
def test_limits(limits: ReadLimits, message: str) -> None:
    document = [feature(id=None, name=str(i)) for i in range(3)]
    assert len(read(document).annotations) == 3
    with pytest.raises(AnnotationError, match=message):
        read(document, limits)


def test_impossible_limits_are_refused() -> None:
    with pytest.raises(OptionError, match="max_depth"):
        ReadLimits(max_depth=0)


class TestFiles:
    def test_plain_and_gzip(self, tmp_path: Path) -> None:
        data = json.dumps([FULL]).encode()
        for name, content in (("a.geojson", data), ("a.geojson.gz", gzip.compress(data))):
            (tmp_path / name).write_bytes(content)
            assert len(read_geojson(tmp_path / name).annotations) == 1

    def test_errors_name_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "my file.geojson"
        path.write_text(json.dumps([feature(None)]), encoding="utf-8")
        with pytest.raises(AnnotationError, match=r"'my file\.geojson', feature 0"):
            read_geojson(path)

    @pytest.mark.parametrize("name", ["missing.geojson", "."])
    def test_missing_file_and_folder(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(AnnotationError, match="Cannot read"):
            read_geojson(tmp_path / name)

    def test_large_file(self, tmp_path: Path) -> None:
        path = tmp_path / "a.geojson"
        path.write_bytes(b"[" + b" " * 5000 + b"]")
        with pytest.raises(AnnotationError, match="max_bytes"):
            read_geojson(path, ReadLimits(max_bytes=5000))

    def test_gzip_bombs(self, tmp_path: Path) -> None:
        path = tmp_path / "a.geojson.gz"
        path.write_bytes(gzip.compress(b"[" + b" " * 8_000_000 + b"]"))
        tracemalloc.start()
        with pytest.raises(AnnotationError, match="max_gzip_ratio"):
            read_geojson(path)
        with pytest.raises(AnnotationError, match="max_bytes"):
            read_geojson(path, ReadLimits(max_bytes=1_500_000))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 8e6

    def test_damaged_gzip(self, tmp_path: Path) -> None:
        data = gzip.compress(json.dumps([FULL]).encode())
        for damaged in (data[:-9], data[:30], data[:-4] + b"abcd", data[:20] + b"x" + data[21:]):
            (tmp_path / "a.gz").write_bytes(damaged)
            with pytest.raises(AnnotationError, match="damaged gzip"):
                read_geojson(tmp_path / "a.gz")


def test_memory_per_vertex_is_bounded() -> None:
    angle = np.linspace(0, 2 * np.pi, 200_001)
    radius = 20_000 + 300 * np.sin(40 * angle)
    ring = np.round(25_000 + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]), 2)
    ring[-1] = ring[0]
    data = json.dumps(shape("Polygon", [ring.tolist()])).encode()
    del angle, radius
    tracemalloc.start()
    (annotation,) = parse_geojson(data).annotations
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert shapely.get_num_coordinates(annotation.geometry) == 200_001
    assert peak < 400 * 200_000
