"""The odd documents behind the labels of ``tests/fixtures/qupath/geojson_dialect-*.txt``."""

from __future__ import annotations

from typing import Any

UUID = "164e0249-fbe3-4a17-a4ba-7bb70fef9018"
RING = [[100, 100], [200, 100], [200.123, 200], [100, 210], [100, 100]]
SQUARE = [[0, 0], [50, 0], [50, 50], [0, 50], [0, 0]]
POLYGON = {"type": "Polygon", "coordinates": [RING]}


def feature(geometry: Any = POLYGON, id: Any = UUID, **properties: Any) -> dict[str, Any]:
    """Return a feature; ``objectType`` is an annotation unless given."""
    return {
        "type": "Feature",
        "id": id,
        "geometry": geometry,
        "properties": {"objectType": "annotation"} | properties,
    }


def shape(kind: str, coordinates: Any, **more: Any) -> dict[str, Any]:
    return feature({"type": kind, "coordinates": coordinates} | more)


FULL = feature(
    name="T1",
    classification={"name": "Tumor", "color": [200, 0, 0]},
    isLocked=True,
    measurements={"Dice": 0.9, "N": 3},
    metadata={"wsi_align.run": "r1", "n": 5},
)
_UNTYPED = feature(name="x")
del _UNTYPED["properties"]["objectType"]

INPUTS: dict[str, Any] = {
    "FC full": {"type": "FeatureCollection", "features": [FULL]},
    "bare list": [FULL],
    "bare feature": FULL,
    "bare geometry": POLYGON,
    "GeometryCollection": {"type": "GeometryCollection", "geometries": [POLYGON]},
    "no objectType": _UNTYPED,
    "objectType bogus": feature(objectType="foo"),
    "id not uuid": feature(id="not-a-uuid"),
    "id int": feature(id=17),
    "class names array": feature(
        objectType="detection", classification={"names": ["Tumor", "Positive"]}
    ),
    'class "A: B"': feature(objectType="detection", classification={"name": "Tumor: Positive"}),
    "class colorRGB int": feature(classification={"name": "Q1", "colorRGB": -3670016}),
    "class color int": feature(classification={"name": "Q2", "color": -3670016}),
    "class as string": feature(classification="Q3"),
    "class null": feature(classification=None),
    "name null": feature(name=None),
    "measurements list": feature(measurements=[{"name": "a", "value": 1.5}]),
    "measurement NaN literal": feature(
        {"type": "Point", "coordinates": [1, 2]}, measurements={"a": float("nan")}
    ),
    "measurement string": feature(measurements={"a": "hello"}),
    "measurement null": feature(measurements={"a": None}),
    "color prop": feature(color=[9, 8, 7]),
    "plane": shape("Polygon", [RING], plane={"c": -1, "z": 2, "t": 1}),
    "plane in properties": feature(plane={"c": -1, "z": 2, "t": 1}),
    "MultiPolygon": shape("MultiPolygon", [[RING], [SQUARE]]),
    "MultiPolygon 1 part": shape("MultiPolygon", [[RING]]),
    "unclosed ring": shape("Polygon", [RING[:-1]]),
    "bow-tie": shape("Polygon", [[[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]]),
    "cw outer + hole": shape(
        "Polygon",
        [
            [[0, 0], [0, 100], [100, 100], [100, 0], [0, 0]],
            [[20, 20], [40, 20], [40, 40], [20, 40], [20, 20]],
        ],
    ),
    "empty polygon": shape("Polygon", []),
    "geometry null": feature(None),
    "MultiPoint": shape("MultiPoint", [[1, 2], [3, 4]]),
    "Point": shape("Point", [1.25, 2.75]),
    "LineString": shape("LineString", [[1, 2], [3, 4], [5, 9]]),
    "negative coords": shape(
        "Polygon", [[[-50, -50], [10, -50], [10, 10.005], [-50, 10], [-50, -50]]]
    ),
    "cell+nucleus": feature(objectType="cell") | {"nucleusGeometry": POLYGON},
    "children": feature(childObjects=[feature(id="345554d3-fbe3-4a17-a4ba-7bb70fef9018")]),
    "3D coords": shape("Polygon", [[[0, 0, 1], [10, 0, 1], [10, 12, 1], [0, 0, 1]]]),
    "sci coords": shape("Polygon", [[[1e2, 1e2], [2e2, 1e2], [2e2, 2.1e2], [1e2, 1e2]]]),
}
