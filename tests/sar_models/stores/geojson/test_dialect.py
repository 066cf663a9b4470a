"""The linter's verdicts against those that real QuPath gave."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from geojson_dialect_inputs import FULL, INPUTS, SQUARE, UUID, feature, shape

from sar_models.domain.errors import AnnotationError
from sar_models.stores.geojson import Finding, encode_geojson, lint, parse_geojson

FIXTURES = Path(__file__).parents[3] / "fixtures" / "qupath"
VERSIONS = ("0.5.1", "0.6.0", "0.7.0")
VERDICT = re.compile(r"^(?P<label>\S.*?) +-> (?P<verdict>EXC|Path\w+) ?(?P<rest>.*)$")


def recorded(version: str) -> dict[str, tuple[str, str]]:
    """Return label -> (EXC or class of the object, what else was printed)."""
    text = (FIXTURES / f"geojson_dialect-{version}.txt").read_text(encoding="utf-8")
    matches = (VERDICT.match(line) for line in text.splitlines())
    return {m["label"]: (m["verdict"], m["rest"]) for m in matches if m}


RECORDED = {version: recorded(version) for version in VERSIONS}


def errors(document: Any) -> list[Finding]:
    return [finding for finding in lint(document) if finding.severity == "error"]


def test_every_recorded_line_has_its_input() -> None:
    for version in VERSIONS:
        assert set(RECORDED[version]) == set(INPUTS), version


@pytest.mark.parametrize("label", INPUTS)
def test_linter_refuses_exactly_what_some_qupath_refuses(label: str) -> None:
    refused_by = [v for v in VERSIONS if RECORDED[v][label][0] == "EXC"]
    assert bool(errors(INPUTS[label])) == bool(refused_by), (refused_by, lint(INPUTS[label]))


@pytest.mark.parametrize("label", ["FC full", "bare list", "bare feature", "MultiPolygon", "plane"])
def test_linter_is_silent_on_good_documents(label: str) -> None:
    assert [f for f in lint(INPUTS[label]) if f.code != "metadata"] == []


@pytest.mark.parametrize(
    "label",
    [
        "bare geometry", "no objectType", "objectType bogus", "id not uuid", "id int",
        "measurement NaN literal", "measurement null", "plane in properties", "empty polygon",
        "3D coords",
    ],
)  # fmt: skip
def test_linter_warns_of_silent_changes(label: str) -> None:
    assert [finding.severity for finding in lint(INPUTS[label])] == ["warning"]


READ_THOUGH_QUPATH_REFUSES = {
    "GeometryCollection", "class color int", "name null", "measurement string",
    "MultiPolygon 1 part", "bow-tie",
}  # fmt: skip


@pytest.mark.parametrize("label", INPUTS)
def test_reader_takes_what_qupath_takes_and_the_writer_writes_it_acceptably(label: str) -> None:
    data = json.dumps(INPUTS[label]).encode()
    refused = any(RECORDED[v][label][0] == "EXC" for v in VERSIONS)
    if refused and label not in READ_THOUGH_QUPATH_REFUSES:
        with pytest.raises(AnnotationError, match="feature 0"):
            parse_geojson(data)
        return
    (annotation,) = parse_geojson(data).annotations
    if annotation.geometry.is_empty:
        with pytest.raises(AnnotationError, match="empty geometry"):
            encode_geojson([annotation])
        return
    assert errors(json.loads(encode_geojson([annotation]))) == []


@pytest.mark.parametrize("label", INPUTS)
def test_reader_reads_the_same_as_qupath(label: str) -> None:
    verdict, rest = RECORDED["0.7.0"][label]
    if verdict == "EXC":
        return
    (annotation,) = parse_geojson(json.dumps(INPUTS[label]).encode()).annotations
    printed = dict(re.findall(r"(\w+)=(\S+)", rest))
    kinds = {"PathAnnotationObject": "annotation", "PathDetectionObject": "detection",
             "PathCellObject": "cell"}  # fmt: skip
    assert annotation.kind == kinds[verdict]
    assert str(annotation.locked) == printed["lock"]
    assert str(len(annotation.children)) == printed["children"]
    assert (annotation.name or "None") == printed["name"]
    assert (": ".join(annotation.classification) or "None").startswith(printed["cls"].rstrip(":"))
    assert (annotation.plane or (-1, 0, 0))[1:] == (int(printed["z"]), int(printed["t"]))
    if not annotation.geometry.is_empty:
        x, y, width, height = map(float, re.findall(r"-?[\d.]+", rest.split("b=")[1])[:4])
        bounds = shapely.bounds(annotation.geometry)
        np.testing.assert_allclose(bounds, [x, y, x + width, y + height], atol=0.01)


@pytest.mark.parametrize("version", VERSIONS)
def test_reader_reads_what_qupath_writes(version: str) -> None:
    text = (FIXTURES / f"geojson_dialect-{version}.txt").read_text(encoding="utf-8")
    (written,) = re.findall(r"^WRITE (.*)$", text, re.MULTILINE)
    assert written.count('"metadata"') == (1 if version == "0.5.1" else 2)
    result = parse_geojson(written.encode())
    (annotation,) = result.annotations
    assert result.notes == ()
    assert annotation.id == uuid.UUID(json.loads(written)["id"])
    assert annotation.metadata == {"wsi_align.run": "r1", "n": "5"}
    assert annotation.measurements["N"] == 3.0
    assert annotation.class_color == (200, 0, 0)
    (original,) = parse_geojson(json.dumps(FULL).encode()).annotations
    assert shapely.hausdorff_distance(annotation.geometry, original.geometry) <= 0.01
    assert annotation.extra == {}


BROKEN = {
    "null lock": feature(isLocked=None),
    "null type": feature(objectType=None),
    "colour of text": feature(color="red"),
    "colour out of range": feature(color=[0, 0, 256]),
    "class number": feature(classification=3),
    "class without name": feature(classification={"color": [1, 2, 3]}),
    "class name null": feature(classification={"name": None}),
    "class names of numbers": feature(classification={"names": [1]}),
    "class colour null": feature(classification={"name": "A", "color": None}),
    "class packed text": feature(classification={"name": "A", "colorRGB": "red"}),
    "measurement bool": feature(measurements={"a": True}),
    "measurements text": feature(measurements="a"),
    "measurement unnamed": feature(measurements=[{"value": 1}]),
    "metadata list": feature(metadata=["a"]),
    "metadata null": feature(metadata={"a": None}),
    "children object": feature(childObjects={}),
    "child of text": feature(childObjects=["x"]),
    "broken child": feature(childObjects=[feature(None, id=None)]),
    "same id in child": feature(childObjects=[feature()]),
    "same id twice": [feature(), feature(id=UUID.upper())],
    "properties list": feature() | {"properties": [1]},
    "nucleus null": feature(objectType="cell") | {"nucleusGeometry": None},
    "NaN": shape("Point", [float("nan"), 1]),
    "infinite": shape("LineString", [[0, 0], [1, float("inf")]]),
    "huge integer": shape("Point", [10**400, 1]),
    "text coordinate": shape("Point", ["1", "2"]),
    "short line": shape("LineString", [[0, 0]]),
    "short line part": shape("MultiLineString", [[[0, 0]]]),
    "short ring": shape("Polygon", [[[0, 0], [1, 1], [0, 0]]]),
    "ring of text": shape("Polygon", ["ring"]),
    "polygon of number": shape("MultiPolygon", [3, 4]),
    "overlapping parts": shape("MultiPolygon", [[SQUARE], [SQUARE]]),
    "no coordinates": feature({"type": "Polygon"}),
    "circle": feature({"type": "Circle", "coordinates": [0, 0]}),
    "plane text": shape("Point", [1, 2], plane={"z": "two"}),
    "no document": 3,
    "topology": {"type": "Topology"},
    "no features": {"type": "FeatureCollection"},
    "bare geometry broken": {"type": "LineString", "coordinates": [[0, 0]]},
    "list of geometries": [INPUTS["bare geometry"]],
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_linter_names_the_place_of_each_error(name: str) -> None:
    found = errors(BROKEN[name])
    assert found
    assert all(finding.where and finding.code in str(finding) for finding in found)


def test_finding_names_the_path() -> None:
    collection = {"type": "FeatureCollection", "features": [FULL, feature(id=None, name=None)]}
    paths = [finding.where for finding in lint(collection) if finding.code == "null"]
    assert paths == ["features[1].properties.name"]


def test_deep_children_do_not_exhaust_the_stack() -> None:
    document = feature(name=None)
    for _ in range(3000):
        document = feature(id=None, childObjects=[document])
    assert [finding.code for finding in errors(document)] == ["null"]
