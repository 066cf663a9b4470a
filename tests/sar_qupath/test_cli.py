"""The commands as people type them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from qupath_scenes import HE, drawn, export, scene
from typer.testing import CliRunner

from sar_models.domain.errors import SarAlignError
from sar_models.domain.slides import SlidePair
from sar_models.stores.alignment_folder import write_alignment
from sar_qupath.cli import app
from sar_qupath.installing import SCRIPTS

FIXTURES = Path(__file__).parents[1] / "fixtures" / "qupath"


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=True)
    if isinstance(result.exception, SarAlignError):
        assert result.exception.exit_code == code, result.exception
        return str(result.exception)
    assert result.exit_code == code, result.output
    return result.output


def told(*arguments: object, code: int = 0) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(run(*arguments, "--json", code=code).splitlines()[-1])
    return record


def test_list_tells_every_entry_of_the_handwritten_project() -> None:
    rows = told("list", FIXTURES / "handwritten_all_builders.qpproj")["entries"]
    remarks = {row["id"]: row["remark"] for row in rows}
    assert len(rows) == 11
    assert "relative" in remarks[6]
    assert "share the ID 9" in remarks[9]
    assert "There is no file '/data/slides/ihc.tif'" in remarks[5]
    assert "coordinates are carried through" in remarks[5]
    assert "IHC calibrated" in run("list", FIXTURES / "handwritten_all_builders.qpproj")


def test_push_withdraw_and_their_dry_runs(tmp_path: Path) -> None:
    store, alignment = scene(tmp_path)
    project = store.shelf.project
    export(project, HE, drawn())
    # As `sar-align align` writes it for the files themselves: known by its path.
    path = str(tmp_path / "slides" / "he.tif")
    pair = replace(alignment.pair, source=replace(alignment.pair.source, uri=path))
    folder = tmp_path / "aligned"
    write_alignment(folder, replace(alignment, pair=pair), {"report.html": b"<p>"})
    before = sorted(tmp_path.rglob("*"))
    (dry,) = told("push", project, folder, "--dry-run", "--publish", "all")["pairs"]
    assert dry["actions"]["create"] == 7
    assert sorted(tmp_path.rglob("*")) == before
    (pushed,) = told("push", project, folder, "--publish", "all")["pairs"]
    assert pushed["actions"] == dry["actions"]
    assert pushed["status"] == "published"
    assert (tmp_path / "sar_align" / "1_to_2" / "report.html").read_bytes() == b"<p>"
    assert "7 keep" in run("push", project, "--publish", "all")
    assert told("list", project)["entries"][1]["results"] == ["he.tif"]
    arguments = ("withdraw", project, "--source", "he.tif", "--target", "#2")
    assert "would: 6 delete" in run(*arguments, "--dry-run")
    assert "now: 6 delete" in run(*arguments)
    assert told("list", project)["entries"][1]["results"] == []


def test_align_says_what_it_would_do(tmp_path: Path) -> None:
    store, _ = scene(tmp_path)
    project = store.shelf.project
    record = json.loads(project.read_text(encoding="utf-8"))
    for image, stain in zip(record["images"], ("HE", "CD3"), strict=True):
        image["metadata"] = {"case": "B7", "stain": stain}
    project.write_text(json.dumps(record), encoding="utf-8")
    table = tmp_path / "pairs.csv"
    table.write_text("source,target\nhe.tif,ihc.tif\n")
    ways: list[tuple[object, ...]] = [
        ("--source", "he.tif", "--target", "#2"),
        ("--pairs", table),
        ("--pattern", r"(?P<case>)(?P<stain>he|ihc)", "--reference", "ihc"),
        ("--case-key", "case", "--stain-key", "stain", "--reference", "cd3"),
    ]
    for way in ways:
        answer = told("align", project, *way, "--dry-run")
        assert answer == {"pairs": [{"source": "he.tif", "target": "ihc.tif", "would": "align"}]}
    assert not (tmp_path / "sar_align").exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "Which images belong together?"),
        (("--source", "he.tif"), "A pair has a --source and a --target"),
        (("--pattern", "x"), "--reference goes with --pattern"),
        (("--case-key", "case", "--reference", "HE"), "needs --case-key and --stain-key"),
        (("--source", "he.tif", "--target", "he.tif"), "with itself"),
    ],
)
def test_unclear_pairs_are_refused(arguments: tuple[str, ...], why: str, tmp_path: Path) -> None:
    store, _ = scene(tmp_path)
    assert why in run("align", store.shelf.project, *arguments, code=2)


def test_unknown_images_and_projects_are_refused(tmp_path: Path) -> None:
    store, _ = scene(tmp_path)
    project = store.shelf.project
    wrong = run("align", project, "--source", "nix", "--target", "#2", code=5)
    assert "has no slide 'nix'" in wrong
    assert "has no alignments" in run("push", project, code=2)
    assert "There is no QuPath project" in run("list", tmp_path / "gone.qpproj", code=2)


def test_scripts_are_installed_for_a_project_and_for_a_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = scene(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert "would create" in run("import-scripts", store.shelf.project, "--dry-run")
    assert not (tmp_path / "scripts").exists()
    run("import-scripts", store.shelf.project)
    assert {p.stem for p in (tmp_path / "scripts").iterdir()} == set(SCRIPTS)
    again = told("import-scripts", store.shelf.project)["files"]
    assert {action for action, _ in again} == {"keep"}
    (command, *_) = json.loads((tmp_path / "state/sar-align/qupath.json").read_text())["command"]
    assert Path(command).is_absolute()
    assert "has no user folder" in run("import-scripts", "--user", code=2)
    for version in ("v0.5", "v0.10", "v0.6"):
        (tmp_path / "home" / "QuPath" / version).mkdir(parents=True)
    run("import-scripts", "--user")
    assert (tmp_path / "home/QuPath/v0.10/scripts").is_dir()
    assert "Where shall the scripts go?" in run("import-scripts", code=2)


def test_an_alignment_of_other_slides_is_refused(tmp_path: Path) -> None:
    store, alignment = scene(tmp_path)
    source = replace(alignment.pair.source, uri="/elsewhere/x.svs", checksum="sha256:0")
    pair = SlidePair(source, alignment.pair.target)
    write_alignment(tmp_path / "aligned", replace(alignment, pair=pair))
    assert "has no slide" in run("push", store.shelf.project, tmp_path / "aligned", code=5)
