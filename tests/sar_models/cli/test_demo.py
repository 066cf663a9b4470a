"""``demo`` and ``doctor``: what a newcomer runs first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sar_models.cli import doctor
from sar_models.stores.geojson import lint

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from command_line import Run


def test_demo_compares_truth_and_result(run: Run, tmp_path: Path) -> None:
    ended = run("demo", "--out", tmp_path / "demo", "--size", 900, "--json", "--no-open")
    assert ended.code == 0, ended.err
    found = ended.json
    assert found["outcome"] == "aligned"
    assert abs(found["found_turn_deg"] - found["true_turn_deg"]) < 3
    assert found["found_mirrored"] is found["true_mirrored"] is True
    assert found["landmark_median_um"] < 60
    assert found["annotations_mapped"] >= 0.9 * found["annotations"]
    assert found["annotation_iou"] > 0.7
    document = json.loads((tmp_path / "demo" / "panck.geojson").read_text())
    assert [finding for finding in lint(document) if finding.level == "error"] == []
    names = {path.name for path in (tmp_path / "demo").iterdir()}
    assert names == {
        *("he.ome.tif", "panck.ome.tif", "he.geojson", "panck.geojson"),
        *("panck-true.geojson", "alignment"),
    }
    again = run("demo", "--out", tmp_path / "demo", "--size", 900, "--no-open")
    assert again.code == 2
    assert "--overwrite" in again.err


def test_doctor_finds_the_core_well(run: Run) -> None:
    ended = run("doctor", "--json")
    assert ended.code == 0, ended.out
    states = {check["name"]: check["state"] for check in ended.json["checks"]}
    assert ended.json["healthy"] is True
    assert states["torch"] == states["OpenSlide"] == states["slides"] == "ok"
    assert set(states) > {"extra omero", "extra qupath"}
    assert "sar-align" in run("doctor").out


def test_doctor_names_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_EXTRAS", (("omero", "no_such_module", "OMERO servers"),))
    ended = run("doctor")
    assert ended.code == 0
    assert 'pip install "sar-align[omero]"' in ended.out


def test_version_and_help(run: Run) -> None:
    assert run("--version").out.startswith("sar-align ")
    ended = run("--help")
    assert ended.code == 0
    for command in ("demo", "align", "points", "transfer", "doctor", "benchmark"):
        assert command in ended.out
    assert run("align").code == 2
