"""Writing by QuPath's own classes: saved and read again, or put back; never beside a QuPath."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from qupath_harness import FAKE_PAQUO, paquo_without_java
from qupath_scenes import HE, IHC, alignment_of, drawn, feature, square, write_scene

from sar_models.domain.errors import ConflictError, StoreError
from sar_models.stores import PushPolicy
from sar_qupath.opening import open_for_writing
from sar_qupath.paquo_backend import shelf as paquo_shelf
from sar_qupath.paquo_backend.doorway import JavaProject
from sar_qupath.paquo_backend.shelf import PaquoShelf
from sar_qupath.pushing import apply_pair, plan_pair, plan_withdrawal
from sar_qupath.store import ProjectStore

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL = PushPolicy(publish="all")


@pytest.fixture
def fake() -> Iterator[None]:
    with paquo_without_java():
        yield


def draw(project: Path, entry: int, features: list[dict[str, Any]]) -> None:
    file = project.parent / "data" / str(entry) / "data.qpdata"
    file.write_text(json.dumps({"objects": features, "properties": {}}), encoding="utf-8")


def stored(project: Path, entry: int) -> list[dict[str, Any]]:
    file = project.parent / "data" / str(entry) / "data.qpdata"
    objects: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["objects"]
    return objects


def opened(folder: Path) -> tuple[Path, ProjectStore]:
    project = write_scene(folder)
    draw(project, HE, drawn())
    draw(project, IHC, [feature("theirs", "Polygon", [square(10, 10, 50)])])
    return project, ProjectStore(PaquoShelf(project, JavaProject.open(project), force=True))


@pytest.mark.usefixtures("fake")
def test_objects_go_in_and_out_whole(tmp_path: Path) -> None:
    project, store = opened(tmp_path)
    before = (project.read_bytes(), (tmp_path / "data/1/data.qpdata").read_bytes())
    pair = plan_pair(store, alignment_of(store), ALL)
    apply_pair(store, pair)
    there = {f["properties"]["name"]: f for f in stored(project, IHC)}
    assert set(there) == {'hole µ "x"', "parts", "points", "line", "core", "outer", "theirs"}
    hole = there['hole µ "x"']["properties"]
    assert hole["classification"] == {"name": "Tumor: Positive", "color": [200, 0, 0]}
    assert hole["isLocked"] is True
    (child,) = there["outer"]["properties"]["childObjects"]
    assert child["properties"]["name"] == "inner"
    assert (project.read_bytes(), (tmp_path / "data/1/data.qpdata").read_bytes()) == before
    (backup,) = (tmp_path / "sar_align" / "backup" / "2").iterdir()
    assert b"theirs" in backup.read_bytes()
    again = plan_pair(store, alignment_of(store), ALL)
    assert {item.action for item in again.items} == {"keep"}
    apply_pair(store, plan_withdrawal(store, "#1", "#2", ALL))
    assert [f["properties"]["name"] for f in stored(project, IHC)] == ["theirs"]


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("how", ["silently", "partly", "loudly"])
def test_a_save_that_fails_leaves_the_image_as_it_was(how: str, tmp_path: Path) -> None:
    from paquo.java import DefaultProjectImageEntry

    project, store = opened(tmp_path)
    file = tmp_path / "data" / "2" / "data.qpdata"
    before = file.read_bytes()
    pair = plan_pair(store, alignment_of(store), ALL)
    DefaultProjectImageEntry.fails.append(how)
    with pytest.raises(StoreError, match=r"did not save|saved \d of \d|could not write"):
        apply_pair(store, pair)
    assert file.read_bytes() == before
    # The next push repairs it.
    apply_pair(store, plan_pair(store, alignment_of(store), ALL))
    assert len(stored(project, IHC)) == 7


@pytest.mark.usefixtures("fake")
def test_nothing_is_written_beside_a_running_qupath(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, store = opened(tmp_path)
    store.shelf._force = False
    pair = plan_pair(store, alignment_of(store), ALL)
    monkeypatch.setattr(paquo_shelf, "running_qupath", lambda: "QuPath-0.6, process 7")
    with pytest.raises(ConflictError, match="QuPath is running"):
        apply_pair(store, pair)
    assert [f["properties"]["name"] for f in stored(project, IHC)] == ["theirs"]


@pytest.mark.usefixtures("fake")
def test_a_change_by_qupath_between_plan_and_push_is_a_conflict(tmp_path: Path) -> None:
    project, store = opened(tmp_path)
    pair = plan_pair(store, alignment_of(store), ALL)
    draw(project, IHC, [feature("theirs too", "Polygon", [square(10, 10, 50)])])
    with pytest.raises(ConflictError, match="has changed since the plan"):
        apply_pair(store, pair)
    assert [f["properties"]["name"] for f in stored(project, IHC)] == ["theirs too"]


@pytest.mark.usefixtures("fake")
def test_the_command_line_writes_through_a_process_of_its_own(tmp_path: Path) -> None:
    project, _ = opened(tmp_path)
    with open_for_writing(project, "paquo", force=True) as store:
        assert {a.name for a in store.annotations("he.tif")} >= {"outer", "parts"}
        apply_pair(store, plan_pair(store, alignment_of(store), ALL))
        assert "paquo.java" not in sys.modules or FAKE_PAQUO.exists()
    assert len(stored(project, IHC)) == 7


def test_without_qupath_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = write_scene(tmp_path)
    monkeypatch.setenv("PAQUO_QUPATH_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(StoreError, match="QuPath cannot be started") as told:
        open_for_writing(project, "paquo")
    assert "--backend files" in told.value.remedy


# What doorway.py uses of paquo, by file: names, and parameters of what is called.
USED = {
    "projects.py": {"QuPathProject.__init__": ["path", "mode"], "QuPathProject.images": []},
    "images.py": {
        "QuPathProjectImageEntry.entry_id": [],
        "QuPathProjectImageEntry.entry_path": [],
    },
}
JAVA = {"ArrayList", "GsonTools", "PathIO", "StandardCharsets", "String"}


def installed(file: str) -> ast.Module:
    (found,) = (f for f in importlib.metadata.files("paquo") or () if str(f) == f"paquo/{file}")
    return ast.parse(Path(str(found.locate())).read_text(encoding="utf-8"))


def faked(file: str) -> ast.Module:
    return ast.parse((FAKE_PAQUO / "paquo" / file).read_text(encoding="utf-8"))


def functions(tree: ast.Module) -> dict[str, list[str]]:
    """Return the parameters of all methods by ``Class.method``."""
    return {
        f"{top.name}.{node.name}": [a.arg for a in (*node.args.args, *node.args.kwonlyargs)][1:]
        for top in tree.body
        if isinstance(top, ast.ClassDef)
        for node in top.body
        if isinstance(node, ast.FunctionDef)
    }


def test_the_fake_has_the_signatures_of_the_installed_paquo() -> None:
    assert importlib.metadata.version("paquo") == "0.9.0"
    fake = functions(faked("projects.py"))
    for file, used in USED.items():
        real = functions(installed(file))
        for name, parameters in used.items():
            assert set(parameters) <= set(real[name]), name
            assert set(fake[name]) <= set(real[name]), name
            assert set(parameters) <= set(fake[name]), name


def test_the_java_classes_are_those_of_the_installed_paquo() -> None:
    names = {
        target.id
        for node in ast.walk(installed("java.py"))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert names >= JAVA
    doorway = Path(paquo_shelf.__file__).with_name("doorway.py").read_text(encoding="utf-8")
    imported = {
        alias.name
        for node in ast.walk(ast.parse(doorway))
        if isinstance(node, ast.ImportFrom) and node.module == "paquo.java"
        for alias in node.names
    }
    assert imported == JAVA


def test_output_is_redirected_as_paquo_does_it() -> None:
    called = {
        node.func.id
        for node in ast.walk(installed("projects.py"))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and {k.arg for k in node.keywords} == {"stderr", "stdout"}
    }
    assert called == {"redirect"}


def test_one_file_alone_imports_paquo() -> None:
    root = Path(paquo_shelf.__file__).parents[1]
    importing = {
        file.name
        for file in root.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("paquo", "jpype")))
        or (isinstance(node, ast.Import) and any("paquo" in a.name for a in node.names))
    }
    assert importing == {"doorway.py"}
