"""``transfer``: GeoJSON in and out, the fate of each object, nothing written on bad input."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sar_models.stores.geojson import lint

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Features, Run


def write(path: Path, *features: object) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_an_annotation_keeps_what_it_is(
    run: Run, aligned: Path, tmp_path: Path, square: Features
) -> None:
    drawn = square(800, 600, name="T1", isLocked=True, classification={"name": "Tumor"})
    source = write(tmp_path / "in.geojson", drawn)
    ended = run("transfer", aligned, source, tmp_path / "out.geojson")
    assert ended.code == 0, ended.err
    assert "1 mapped" in ended.out
    document = json.loads((tmp_path / "out.geojson").read_text())
    assert [finding for finding in lint(document) if finding.level == "error"] == []
    (feature,) = document["features"]
    assert feature["id"] == drawn["id"]
    assert feature["properties"]["name"] == "T1"
    assert feature["properties"]["isLocked"] is True
    assert feature["properties"]["classification"]["name"] == "Tumor"


def test_each_fate_is_told(run: Run, aligned: Path, tmp_path: Path, square: Features) -> None:
    detection = square(900, 900, objectType="detection")
    lost = square(1860, 60, 60)
    source = write(tmp_path / "in.geojson", square(800, 600), lost, detection)
    ended = run("transfer", aligned, source, tmp_path / "out.geojson", "--json")
    assert ended.code == 3
    counts = {name: count for name, count in ended.json["counts"].items() if count}
    assert counts == {"mapped": 1, "not-mapped": 1, "refused": 1}
    same = run("transfer", aligned, source, tmp_path / "o2.geojson", "--json", "--section", "same")
    assert same.json["counts"]["mapped"] == 2


def test_nothing_moved_is_told_by_the_exit_code(
    run: Run, aligned: Path, tmp_path: Path, square: Features
) -> None:
    source = write(tmp_path / "in.geojson", square(1860, 60, 60))
    assert run("transfer", aligned, source, tmp_path / "out.geojson").code == 4


def test_there_and_back_is_refused_but_inverse_of_own_objects_works(
    run: Run, aligned: Path, tmp_path: Path, square: Features
) -> None:
    source = write(tmp_path / "in.geojson", square(800, 600))
    run("transfer", aligned, source, tmp_path / "there.geojson")
    back = run("transfer", aligned, tmp_path / "there.geojson", tmp_path / "b.geojson", "--inverse")
    assert back.code == 4
    assert "refused" in back.out


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": '
        '{"type": "Polygon", "coordinates": [[[0, 0], [NaN, 0], [1, 1], [0, 0]]]}}]}',
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": '
        '{"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9]]]}}]}',
        "[" * 5000,
        '{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": '
        "[[[90000, 90000], [90009, 90000], [90009, 90009], [90000, 90000]]]}}",
    ],
    ids=["no json", "nan", "unclosed", "nesting", "wrong slide"],
)
def test_bad_geojson_is_refused_with_one_error(
    run: Run, aligned: Path, tmp_path: Path, text: str
) -> None:
    (tmp_path / "in.geojson").write_text(text)
    ended = run("transfer", aligned, tmp_path / "in.geojson", tmp_path / "out.geojson")
    assert ended.code == 2
    assert ended.err.count("Error:") == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["aligned", "in.geojson"]
