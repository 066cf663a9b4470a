"""The scripts in a QuPath without a window: what they say, do, keep and take back."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from qupath_scenes import HE, IHC, drawn, feature, scene, square
from qupath_scripts import QuPath, compile_script

from sar_models.domain.alignment import Risk
from sar_models.domain.review import Decision
from sar_models.stores import PushPolicy
from sar_models.stores.reviews import ReviewLog
from sar_qupath.installing import CONFIG, SCRIPTS, script_text
from sar_qupath.pushing import apply_pair, plan_pair, plan_withdrawal

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.domain.alignment import Alignment
    from sar_qupath.store import ProjectStore

ALL = PushPolicy(publish="all")


def opened(folder: Path, stand_ins: Path) -> tuple[ProjectStore, Alignment, QuPath]:
    store, alignment = scene(folder)
    state = folder / "state"
    (state / "sar-align").mkdir(parents=True)
    command = {"version": 1, "command": [sys.executable, "-m", "sar_models.cli.main"]}
    (state / "sar-align" / CONFIG).write_text(json.dumps(command))
    return store, alignment, QuPath(store.shelf.project, state, folder, stand_ins)


def names(qupath: QuPath, entry: int = IHC) -> list[str]:
    return sorted(f["properties"].get("name", "") for f in qupath.objects(entry))


def push(store: ProjectStore, alignment: Alignment, policy: PushPolicy = ALL) -> None:
    apply_pair(store, plan_pair(store, alignment, policy))


def test_scripts_compile_with_debians_groovy(stand_ins: Path, tmp_path: Path) -> None:
    for name in SCRIPTS.values():
        compile_script(name, stand_ins, tmp_path)
        assert list(tmp_path.glob(f"{name}*.class"))


def test_scripts_are_static_text() -> None:
    for name in SCRIPTS.values():
        text = script_text(name)
        assert "evaluate(" not in text
        assert "GroovyShell" not in text
        assert ".execute()" not in text


def test_from_export_to_acceptance_and_back(stand_ins: Path, tmp_path: Path) -> None:
    """Everything a person does: export, import, again, edit, a newer run, remove."""
    store, alignment, qupath = opened(tmp_path, stand_ins)
    qupath.draw(HE, drawn())
    theirs = feature("theirs", "Polygon", [square(10, 10, 50)])
    qupath.draw(IHC, [theirs])
    assert qupath.run("export_this_image", HE).out.count("exported 9 objects") == 1
    exported = {a.name: a for top in store.annotations("he.tif") for a in top.walk()}
    assert exported["inner"] in exported["outer"].children
    push(store, alignment, PushPolicy())

    # Without a window nobody can confirm: an unreviewed result waits.
    ran = qupath.run("import_results", IHC)
    assert ran.code == 0, ran.out
    assert "waits for acceptance" in ran.out
    assert names(qupath) == ["theirs"]

    # Accepting says first what will happen, imports, and is recorded by the command.
    ran = qupath.run("import_results", IHC, "accept")
    assert ran.code == 0, ran.out
    assert "7 mapped, 1 without tissue, 1 refused" in ran.out
    assert "Nobody reviewed this alignment yet: importing it accepts it." in ran.out
    arrived = ["core", 'hole µ "x"', "line", "outer", "parts", "points", "theirs"]
    assert names(qupath) == arrived
    decision = ReviewLog(store.shelf.places.results).state().decision(alignment.content_sha256)
    assert decision is Decision.ACCEPT
    assert store.shelf.places.outbox("entry:2", "entry:1").is_file()

    # Again: nothing.
    before = qupath.data(IHC).read_bytes()
    ran = qupath.run("import_results", IHC, "accept")
    assert "There is nothing to import" in ran.out
    assert qupath.data(IHC).read_bytes() == before

    # A person renames one, deletes one, puts one of their own into another.
    objects = {f["properties"]["name"]: f for f in qupath.objects(IHC)}
    objects["parts"]["properties"]["name"] = "mine now"
    del objects["line"]
    inside = feature("note", "Point", [900, 900])
    objects["outer"]["properties"]["childObjects"].append(inside)
    qupath.draw(IHC, list(objects.values()))
    ran = qupath.run("import_results", IHC)
    assert "1 left alone: a person deleted it" in ran.out, ran.out
    assert "There is nothing to import" in ran.out
    push(store, replace(alignment, risk=Risk(0.1)))
    ran = qupath.run("import_results", IHC)
    assert "3 replaced" in ran.out, ran.out
    assert "1 left alone: a person changed its name, class, type or lock" in ran.out
    assert "1 left alone: a person added objects to it" in ran.out
    assert names(qupath) == ["core", 'hole µ "x"', "mine now", "outer", "points", "theirs"]

    # Remove run takes ours alone, and what was edited stays.
    ran = qupath.run("remove_run", IHC, "he.tif")
    assert "removed 3 objects, 1 left alone" in ran.out, ran.out
    assert names(qupath) == ["mine now", "outer", "theirs"]
    ran = qupath.run("import_results", IHC)
    assert "3 added" in ran.out
    # A withdrawal empties the outbox; the next import takes what is ours and unedited.
    apply_pair(store, plan_withdrawal(store, "he.tif", "ihc.tif", ALL))
    ran = qupath.run("import_results", IHC)
    assert "3 removed" in ran.out
    assert names(qupath) == ["mine now", "outer", "theirs"]


def test_selected_objects_go_over_at_once_and_no_import_takes_them(
    stand_ins: Path, tmp_path: Path
) -> None:
    store, alignment, qupath = opened(tmp_path, stand_ins)
    qupath.draw(HE, drawn())
    qupath.draw(IHC, [])
    push(store, alignment)
    ran = qupath.run("transfer_selected_objects", HE, "#2", selected=["parts", "elsewhere"])
    assert ran.code == 0, ran.out
    assert "1 added, 0 replaced, 0 left alone, 1 without tissue" in ran.out
    assert names(qupath) == ["parts"]
    ran = qupath.run("import_results", IHC)
    assert names(qupath) == ["parts"], ran.out
    ran = qupath.run("transfer_selected_objects", HE, "#2")
    assert ran.code != 0
    assert "No objects are selected" in ran.out


def test_align_this_pair_calls_the_command_and_tells_its_answer(
    stand_ins: Path, tmp_path: Path
) -> None:
    _, _, qupath = opened(tmp_path, stand_ins)
    qupath.draw(HE, drawn())
    answer = {"pairs": [{"outcome": "aligned", "risk": 0.1, "told": "7 mapped", "reasons": ["r"],
                         "folder": "/f", "failure": ""}]}  # fmt: skip
    stub = tmp_path / "stub.py"
    stub.write_text(
        f"import json, sys\nprint('align: reading', file=sys.stderr)\n"
        f"open({str(tmp_path / 'asked')!r}, 'w').write(json.dumps(sys.argv[1:]))\n"
        f"print({json.dumps(answer)!r})\n"
    )
    told = {"version": 1, "command": [sys.executable, str(stub)]}
    (qupath.state / "sar-align" / CONFIG).write_text(json.dumps(told))
    ran = qupath.run("align_this_pair", HE, "ihc.tif")
    assert ran.code == 0, ran.out
    assert "align: reading" in ran.out
    assert "aligned, risk 0.1: 7 mapped." in ran.out
    asked = json.loads((tmp_path / "asked").read_text())
    assert asked[:2] == ["qupath", "align"]
    assert asked[3:] == ["--source", "#1", "--target", "#2", "--refresh", "--json"]


@pytest.mark.parametrize(
    ("script", "entry", "arguments", "why"),
    [
        ("import_results", 7, (), "No image of the project is open"),
        ("align_this_pair", HE, ("nix.tif",), "No image of the project is called 'nix.tif'"),
        ("transfer_selected_objects", HE, ("#2",), "was not aligned with ihc.tif yet"),
    ],
)
def test_what_cannot_be_done_is_told(
    script: str, entry: int, arguments: tuple[str, ...], why: str, stand_ins: Path, tmp_path: Path
) -> None:
    _, _, qupath = opened(tmp_path, stand_ins)
    qupath.draw(HE, drawn())
    ran = qupath.run(script, entry, *arguments, selected=["parts"])
    assert ran.code != 0
    assert why in ran.out


def test_results_for_an_image_of_another_size_are_refused(stand_ins: Path, tmp_path: Path) -> None:
    store, alignment, qupath = opened(tmp_path, stand_ins)
    qupath.draw(HE, drawn())
    qupath.draw(IHC, [])
    qupath.run("export_this_image", HE)
    push(store, alignment)
    file = store.shelf.places.outbox("entry:2", "entry:1")
    record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    record["sar_align"]["target"]["size"] = [1, 1]
    file.write_text(json.dumps(record), encoding="utf-8")
    ran = qupath.run("import_results", IHC)
    assert ran.code != 0
    assert "align the pair again" in ran.out
    assert names(qupath) == []
