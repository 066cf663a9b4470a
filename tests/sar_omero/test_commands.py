"""The commands, as a person meets them; each talks to the server through a process of its own."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from omero_fixtures import address, open_as, picture
from omero_scenes import Scene
from store_harness import note

from sar_models.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from omero_server import Server

Command = "Callable[..., tuple[int, dict[str, Any], str]]"


@pytest.fixture
def command(
    omero: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, dict[str, Any], str]]:
    """Run `sar-align omero ...` as ann; return exit code, JSON and stderr."""
    for name, value in {
        "OMERO_SESSIONDIR": str(tmp_path / "sessions"),
        "OMERO_USER": "ann",
        "OMERO_PASSWORD": omero.users["ann"],
        "SAR_ALIGN_OMERO_CA": str(omero.certificate),
        "SAR_ALIGN_OMERO_INSECURE": "",
    }.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> tuple[int, dict[str, Any], str]:
        monkeypatch.setattr(sys, "argv", ["sar-align", "omero", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        last = out.strip().splitlines()[-1] if out.strip() else "{}"
        return int(ended.value.code or 0), json.loads(last) if last[0] == "{" else {}, err

    return run


def test_list_push_withdraw(omero: Server, tmp_path: Path, command: Any) -> None:
    dataset = omero.add_dataset("block")
    store = open_as(omero, "ann", tmp_path / "own")
    scene = Scene(omero, store)
    for number in (scene.source_number, scene.target_number):
        omero.link("DatasetImageLink", dataset, number)
    uri = address(omero, f"/dataset/{dataset}")
    folder = str(scene.folder(tmp_path / "aligned"))
    empty = omero.content()

    code, told, _ = command("push", folder, "--dry-run", "--json")
    assert (code, told["pushed"][0]["counts"]["create"]) == (0, 1)
    assert omero.content() == empty
    code, told, _ = command("push", folder, "--json")
    assert (code, told["pushed"][0]["counts"]["create"]) == (0, 1)
    code, told, _ = command("list", uri, "--values", "a,b", "--reference", "he", "--json")
    assert code == 0
    assert [slide["name"] for slide in told["slides"]] == ["he", "ihc"]
    assert told["alignments"][0]["Outcome"] == "aligned"
    assert len(told["leftovers"]) == 2
    code, told, _ = command("withdraw", scene.source, scene.target, "--records", "--json")
    assert (code, told["counts"]["delete"]) == (0, 1)
    assert omero.content() == empty
    store.close()


def test_selftest_leaves_nothing(omero: Server, tmp_path: Path, command: Any) -> None:
    store = open_as(omero, "ann", tmp_path / "own")
    scene = Scene(omero, store)
    scene.push(note("a"))
    before = omero.content()
    code, told, _ = command("selftest", scene.target, "--json")
    assert (code, told["passed"]) == (0, True)
    assert len(told["steps"]) == 7
    assert omero.content() == before
    store.close()


def test_what_goes_wrong_is_one_clear_error(
    omero: Server, tmp_path: Path, command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = omero.logins_refused()
    monkeypatch.setenv("OMERO_PASSWORD", "not-hers")
    code, _, err = command("list", address(omero, "/dataset/1"))
    assert code == 5
    assert "refuses the login of 'ann'" in err
    assert "not-hers" not in err
    assert omero.logins_refused() - before == 1
    monkeypatch.delenv("OMERO_PASSWORD")
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    code, _, err = command("list", address(omero, "/dataset/1"))
    assert code == 5
    assert "omero login" in err
    code, _, err = command("list", "omero://ann:s3cret@h/dataset/1")
    assert code == 2
    assert "s3cret" not in err
    code, _, err = command("push", str(tmp_path))
    assert code == 2
    assert "no alignment folder" in err


def test_the_plugin_is_installed_and_taken_away(
    tmp_path: Path, command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sar_omero.cli.install_plugin._plugins", lambda: tmp_path)
    code, _, _ = command("install-plugin")
    assert code == 0
    plugin = tmp_path / "sar_align.py"
    compile(plugin.read_text(), "sar_align.py", "exec")
    assert 'register("sar-align"' in plugin.read_text()
    assert command("install-plugin", "--remove")[0] == 0
    assert not plugin.exists()
    plugin.write_text("somebody else's")
    code, _, err = command("install-plugin")
    assert code == 2
    assert "somebody else's" in err
    assert command("install-plugin", "--script", str(tmp_path / "script.py"))[0] == 0
    assert "leave_requests" in (tmp_path / "script.py").read_text()


def test_requests_are_done_within_the_requesters_rights(omero: Server, tmp_path: Path) -> None:
    from omero.gateway import BlitzGateway

    from sar_omero.native.SAR_Align_Request import leave_requests

    dataset = omero.add_dataset("asked", group="annotate-lab")
    source = omero.add_image("b_HE", picture(), dataset=dataset)
    allowed = omero.add_image("b_CD3", picture())
    closed = omero.add_image("closed", picture(), group="read-only-lab")
    gateway = BlitzGateway("ben", omero.users["ben"], host=omero.host, port=omero.port, secure=True)
    assert gateway.connect()
    try:
        gateway.SERVICE_OPTS.setOmeroGroup("-1")
        assert leave_requests(gateway, [source.id], allowed.id) == 1
        assert leave_requests(gateway, [source.id], allowed.id) == 0
        assert leave_requests(gateway, [source.id], closed.id) == 1
    finally:
        gateway.close(hard=False)
    store = open_as(omero, "ann", tmp_path, f"/dataset/{dataset}")
    first, second = store.answer("requests", {})
    assert (first["problem"], first["requester"]) == ("", "ben")
    assert first["target"].endswith(f"/image/{allowed.id}")
    assert "'ben' may not annotate" in second["problem"]
    store.close()
