"""``demo`` and ``doctor``: what a newcomer runs first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sar_models.benchmark import demo
from sar_models.cli import doctor
from sar_models.domain.alignment import failed_alignment
from sar_models.domain.errors import EngineError
from sar_models.domain.slides import SlidePair
from sar_models.engine.scene import weights
from sar_models.jobs import PairRun
from sar_models.stores.alignment_folder import write_alignment
from sar_models.stores.geojson import lint

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from command_line import Run

    from sar_models.jobs.slide_ref import SlideRef


def test_demo_compares_truth_and_result(run: Run, tmp_path: Path) -> None:
    ended = run("demo", "--out", tmp_path / "demo", "--size", 800, "--json", "--no-open")
    assert ended.code == 0, ended.err
    found = ended.json
    assert found["outcome"] in ("aligned", "partial")
    assert found["pieces"] == found["pieces_found"] == 4
    assert found["unpaired"] == found["unpaired_kept"] == 2
    assert found["false_pieces"] == 0
    assert 0.75 < found["region_miou"] < found["region_dice"] < 1
    assert found["seconds"] > 0
    kinds = {piece["kind"] for piece in found["piece_list"]}
    assert kinds == {"surviving", "lost", "foreign target"}
    assert any(piece["true_mirrored"] for piece in found["piece_list"])
    for piece in found["piece_list"]:
        assert piece["right"] is True
        assert piece["found_mirrored"] is piece["true_mirrored"]
        if piece["kind"] == "surviving":
            apart = abs(piece["found_turn_deg"] - piece["true_turn_deg"]) % 360
            assert min(apart, 360 - apart) < 3
        else:
            assert piece["found_turn_deg"] is piece["median_um"] is None
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
    again = run("demo", "--out", tmp_path / "demo", "--size", 800, "--no-open")
    assert again.code == 2
    assert "--overwrite" in again.err


def test_demo_tells_people_what_became_of_each_piece(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_nothing(
        source: SlideRef, target: SlideRef, folder: Path, *_: object, **__: object
    ) -> PairRun:
        with source.opened() as first, target.opened() as second:
            pair = SlidePair(first.info, second.info)
        alignment = failed_alignment(pair, "nothing fits", ())
        write_alignment(folder, alignment)
        return PairRun(alignment, folder)

    monkeypatch.setattr(demo, "run_pair", find_nothing)
    ended = run("demo", "--out", tmp_path / "demo", "--size", 600, "--no-open")
    assert ended.code == 4
    assert ended.out.count("not found") == 4
    assert ended.out.count("no counterpart") == 2
    assert "control on target" in ended.out
    assert "lost on target" in ended.out
    assert "⇋ lies upside down" in ended.out
    rows = [line for line in ended.out.splitlines() if "not found" in line or "control on" in line]
    assert max(map(len, rows)) <= 80


def test_doctor_finds_the_core_well(run: Run) -> None:
    ended = run("doctor", "--json")
    assert ended.code == 0, ended.out
    states = {check["name"]: check["state"] for check in ended.json["checks"]}
    assert ended.json["healthy"] is True
    assert {states[name] for name in ("torch", "OpenSlide", "slides", "weights")} == {"ok"}
    assert set(states) > {"extra omero", "extra qupath"}
    assert "sar-align" in run("doctor").out


def test_doctor_verifies_the_weights(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (check,) = (c for c in run("doctor", "--json").json["checks"] if c["name"] == "weights")
    assert check["found"].startswith("scene.safetensors")
    assert f"sha256 {weights.shipped_scene().sha256[:12]}" in check["found"]

    def changed() -> None:
        raise EngineError("Weights 'scene.safetensors' have another checksum")

    monkeypatch.setattr(weights, "shipped_scene", changed)
    ended = run("doctor", "--json")
    assert ended.code == 1
    assert ended.json["healthy"] is False
    (broken,) = (c for c in ended.json["checks"] if c["state"] == "broken")
    assert broken["name"] == "weights"
    assert "another checksum" in broken["found"]
    assert broken["remedy"] == "Reinstall sar-align."


def test_doctor_says_how_long_the_weights_were_trained_where_that_is_known(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = weights.shipped_scene().name
    monkeypatch.setattr(weights, "manifest", lambda: {name: {"step": 250}})
    assert f"{name}, step 250 of its training, sha256 " in run("doctor").out
    monkeypatch.setattr(weights, "manifest", lambda: {name: {}})
    assert f"{name}, sha256 " in run("doctor").out


def test_doctor_names_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_EXTRAS", (("qupath", "no_such_module", "projects"),))
    ended = run("doctor")
    assert ended.code == 0
    assert 'pip install "sar-align[qupath]"' in ended.out


def test_version_and_help(run: Run) -> None:
    assert run("--version").out.startswith("sar-align ")
    ended = run("--help")
    assert ended.code == 0
    for command in ("demo", "align", "points", "transfer", "doctor", "benchmark"):
        assert command in ended.out
    assert run("align").code == 2
