from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import builders
import numpy as np
import pytest
from service_tasks import PICTURE, REPORT
from shapely.geometry import Polygon, box

from sar_models.domain.alignment import Outcome, failed_alignment
from sar_models.domain.transforms import Piecewise
from sar_models.stores.alignment_folder import write_alignment

if TYPE_CHECKING:
    import httpx
    from conftest import Place

    from sar_models.domain.alignment import Alignment


def opened(client: httpx.Client, place: Place, name: str, alignment: Alignment) -> str:
    write_alignment(place.root / name, alignment)
    answer = client.post("/v1/alignments", json={"folder": str(place.root / name)})
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["id"]
    return found


def test_an_alignment_is_described_without_its_place(
    client: httpx.Client, alignment: str, place: Place
) -> None:
    answer = client.get(f"/v1/alignments/{alignment}")
    told = answer.json()
    assert told["outcome"] == "aligned"
    assert told["content_sha256"] == builders.make_alignment().content_sha256
    assert told["source"]["name"] == "he"
    assert told["source"]["mpp"] == [0.5, 0.5]
    assert told["target"]["frames"]["qupath"] == {"width": 2200, "height": 1800, "offset": [0, 0]}
    assert [piece["id"] for piece in told["fragments"]] == ["tissue-1"]
    assert told["previews"] == ["overlay.jpg"]
    assert str(place.root) not in answer.text


def test_report_record_and_pictures(client: httpx.Client, alignment: str, place: Place) -> None:
    report = client.get(f"/v1/alignments/{alignment}/report")
    assert report.content == REPORT
    assert report.headers["content-type"].startswith("text/html")
    picture = client.get(f"/v1/alignments/{alignment}/previews/overlay.jpg")
    assert picture.content == PICTURE
    assert picture.headers["content-type"] == "image/jpeg"
    record = client.get(f"/v1/alignments/{alignment}/record")
    assert record.content == (place.aligned / "alignment.json").read_bytes()


def test_a_field_is_what_points_are_mapped_by(client: httpx.Client, alignment: str) -> None:
    answer = client.get(f"/v1/alignments/{alignment}/transform", params={"format": "field"})
    assert answer.status_code == 200, answer.text
    assert 'filename="transform.npz"' in answer.headers["content-disposition"]
    with np.load(io.BytesIO(answer.content)) as field:
        assert np.isfinite(field["displacement_px"]).any()


def test_several_pieces_come_as_one_archive(client: httpx.Client, place: Place) -> None:
    whole = builders.make_alignment()
    (piece,) = whole.fragments
    halves = [
        replace(
            piece,
            id=f"tissue-{number}",
            source=half,
            target=Polygon(piece.transform.map(np.array(half.exterior.coords))),
        )
        for number, area in enumerate((box(0, 0, 900, 1500), box(1000, 0, 2000, 1500)), 1)
        if isinstance(half := piece.source.intersection(area), Polygon)
    ]
    two = replace(whole, transform=Piecewise(tuple(halves), (), (), 1000.0, 1000.0))
    found = opened(client, place, "two", two)
    params = {"format": "qupath", "tolerance_px": "500"}
    answer = client.get(f"/v1/alignments/{found}/transform", params=params)
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
    assert {"transform/tissue-1.txt", "transform/tissue-2.txt"} <= set(names)
    one = client.get(f"/v1/alignments/{found}/transform", params=params | {"fragment": "tissue-2"})
    assert one.status_code == 200
    assert 'filename="transform.txt"' in one.headers["content-disposition"]


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({}, 422),
        ({"format": "jpeg"}, 422),
        ({"format": "qupath"}, 422),  # bends more than the format holds
        ({"format": "field", "fragment": "../x"}, 422),
        ({"format": "field", "tolerance_px": "0"}, 422),
        ({"format": "warpy", "units": "mm"}, 422),
    ],
)
def test_transforms_that_cannot_be_had_are_told(
    client: httpx.Client, alignment: str, params: dict[str, str], status: int
) -> None:
    answer = client.get(f"/v1/alignments/{alignment}/transform", params=params)
    assert answer.status_code == status, answer.text
    assert "/tmp" not in answer.text


def test_a_failed_alignment_maps_nothing_and_has_no_transform(
    client: httpx.Client, place: Place
) -> None:
    failed = failed_alignment(builders.make_alignment().pair, "no pose agrees", ())
    assert failed.outcome is Outcome.FAILED
    found = opened(client, place, "failed", failed)
    answer = client.get(f"/v1/alignments/{found}/transform", params={"format": "field"})
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("no-transform-error")
    points = client.post(f"/v1/alignments/{found}/points", json={"points": [[500, 500]]}).json()
    assert points["points"] == [None]


def test_a_damaged_folder_is_told(client: httpx.Client, place: Place) -> None:
    write_alignment(place.root / "damaged", builders.make_alignment())
    record = place.root / "damaged" / "alignment.json"
    values = json.loads(record.read_text())
    record.write_text(json.dumps(values | {"outcome": "partial"}))
    answer = client.post("/v1/alignments", json={"folder": str(record.parent)})
    assert answer.status_code == 422
    assert "content hash" in answer.json()["detail"]


def test_a_folder_that_is_replaced_is_read_again(client: httpx.Client, place: Place) -> None:
    found = opened(client, place, "changing", builders.make_alignment())
    other = builders.make_alignment(Outcome.PARTIAL)
    write_alignment(place.root / "changing", other, overwrite=True)
    told = client.get(f"/v1/alignments/{found}").json()
    assert told["outcome"] == "partial"
    assert told["content_sha256"] == other.content_sha256 != found
