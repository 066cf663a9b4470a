from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import builders
import numpy as np
import pytest

from sar_models.domain.transfer import TransferOptions, transfer
from sar_models.stores.geojson import encode_geojson, parse_geojson

if TYPE_CHECKING:
    import httpx


def points_on_tissue(count: int, seed: int = 0) -> list[list[float]]:
    found: list[list[float]] = np.random.default_rng(seed).uniform(400, 1100, (count, 2)).tolist()
    return found


def feature(number: int, x: float, y: float, side: float = 20.0, **further: Any) -> dict[str, Any]:
    ring = [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]
    return {
        "type": "Feature",
        "id": str(uuid.UUID(int=number + 1)),
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"objectType": "annotation", "name": f"n{number}"},
    } | further


def of(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_points_are_those_of_the_alignment(
    client: httpx.Client, alignment: str, direction: Any
) -> None:
    points = [*points_on_tissue(200), [1900.0, 100.0], [5.0, 5.0]]
    answer = client.post(
        f"/v1/alignments/{alignment}/points", json={"direction": direction, "points": points}
    )
    assert answer.status_code == 200, answer.text
    told = answer.json()
    wanted = builders.make_alignment().map(np.array(points), direction)
    assert told["status"] == wanted.status.tolist()
    there = wanted.has_counterpart
    assert [point is not None for point in told["points"]] == there.tolist()
    got = np.array([point for point in told["points"] if point is not None])
    np.testing.assert_allclose(got, wanted.points[there], atol=1e-4)
    sigma = np.array([np.nan if s is None else s for s in told["sigma_px"]])
    np.testing.assert_allclose(sigma, wanted.sigma_px, atol=1e-4)
    assert set(told["fragment"]) <= {"tissue-1", None}


def test_no_points_are_mapped_to_none(client: httpx.Client, alignment: str) -> None:
    told = client.post(f"/v1/alignments/{alignment}/points", json={"points": []}).json()
    assert told["points"] == told["status"] == told["sigma_px"] == []


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"points": [[1]]}',
        b'{"points": [[1, 2, 3]]}',
        b'{"points": [["a", 2]]}',
        b'{"points": [[1e999, 2]]}',
        b'{"points": [[NaN, 2]]}',
        b'{"points": [[1e9, 2]]}',
        b'{"points": [[1, 2]], "direction": "up"}',
        b'{"points": [[1, 2]], "frame": "paper"}',
        b'{"points": [[1, 2]], "inverse": true}',
        b'{"points": [[-50, -50]]}',
        b'{"points": ' + b"[" * 5000 + b"}",
        b"\xff\xfe\x00",
        b"",
    ],
)
def test_points_that_cannot_be_used_are_refused(
    client: httpx.Client, alignment: str, body: bytes
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.post(f"/v1/alignments/{alignment}/points", content=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["remedy"]


@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_annotations_are_those_of_the_transfer(
    client: httpx.Client, alignment: str, direction: Any
) -> None:
    sent = of([feature(n, 500 + 30 * n, 600 + 5 * n) for n in range(12)] + [feature(99, 1880, 80)])
    answer = client.post(
        f"/v1/alignments/{alignment}/geojson", params={"direction": direction}, json=sent
    )
    assert answer.status_code == 200, answer.text
    got = answer.json()
    read = parse_geojson(json.dumps(sent).encode()).annotations
    wanted = transfer(read, builders.make_alignment(), direction, TransferOptions())
    assert got["features"] == json.loads(encode_geojson(wanted.annotations))["features"]
    counts = {verdict.value: count for verdict, count in wanted.counts().items()}
    assert got["sar_align"]["counts"] == counts
    lost = [str(r.id) for r in wanted.reports if r.verdict.value != "mapped"]
    assert [problem["id"] for problem in got["sar_align"]["problems"]] == lost
    assert answer.headers["content-type"] == "application/geo+json"


def test_large_collections_are_shared_and_keep_their_order(
    client: httpx.Client, alignment: str
) -> None:
    xy = points_on_tissue(3500, 1)
    features = [feature(n, *xy[n], side=6.0) for n in range(len(xy))]
    features[3200]["id"] = features[5]["id"]  # in another batch, of another process
    pad = {"note": "x" * 700}
    for each in features:
        each["properties"] |= {"metadata": pad}
    got = client.post(f"/v1/alignments/{alignment}/geojson", json=of(features)).json()
    assert [f["properties"]["name"] for f in got["features"]] == [f"n{n}" for n in range(len(xy))]
    ids = [f["id"] for f in got["features"]]
    assert len(set(ids)) == len(ids)
    assert sum(got["sar_align"]["counts"].values()) == len(xy)
    assert any("earlier object" in note for note in got["sar_align"]["notes"])


def test_an_empty_collection_stays_one(client: httpx.Client, alignment: str) -> None:
    got = client.post(f"/v1/alignments/{alignment}/geojson", json=of([])).json()
    assert got["type"] == "FeatureCollection"
    assert got["features"] == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1]",
        b'{"type": "FeatureCollection"}',
        b"[" * 1000,
        b'{"type": "FeatureCollection", "features": [{}]}',
        b"\xff\xff",
        json.dumps(of([feature(1, 9000, 9000)])).encode(),
        json.dumps(of([feature(1, 500, 500) | {"geometry": None}])).encode(),
        json.dumps(
            of([feature(n, 500, 500) for n in range(1500)] + [feature(1, 9e3, 9e3)])
        ).encode(),
    ],
)
def test_annotations_that_cannot_be_used_are_refused_as_a_whole(
    client: httpx.Client, alignment: str, body: bytes
) -> None:
    headers = {"Content-Type": "application/geo+json"}
    answer = client.post(f"/v1/alignments/{alignment}/geojson", content=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("route", ["points", "geojson"])
def test_unknown_alignments_are_told(client: httpx.Client, route: str) -> None:
    answer = client.post(f"/v1/alignments/{'0' * 64}/{route}", json={"points": []})
    assert answer.status_code == 404
