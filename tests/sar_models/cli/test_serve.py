from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Run


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(tmp_path: Path, ending: signal.Signals) -> None:
    command = [sys.executable, "-m", "sar_models.cli.main", "serve", "--json", "--workers", "0"]
    process = subprocess.Popen(
        [*command, "--root", str(tmp_path), "--state", str(tmp_path / "state")],
        env=os.environ | {"XDG_STATE_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        file = tmp_path / "home" / "sar-align" / "servers" / f"{process.pid}.json"
        assert told["server_file"] == str(file)
        known = json.loads(file.read_text())
        headers = {"Authorization": f"Bearer {known['token']}"}
        answer = httpx.get(f"{told['url']}/v1/about", headers=headers, trust_env=False, timeout=60)
        assert answer.json()["roots"] == [str(tmp_path)]
    finally:
        process.send_signal(ending)
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert known["token"] not in out + errors
    assert "Traceback" not in errors
    assert not file.exists()


def test_a_missing_extra_is_told(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str, *args: Any) -> Any:
        return None if name == "fastapi" else object()

    monkeypatch.setattr(importlib.util, "find_spec", find)
    ended = run("serve", "--state", tmp_path / "state")
    assert ended.code == 2
    assert 'pip install "sar-align[service]"' in ended.err
    assert not (tmp_path / "state").exists()


def test_a_root_that_is_no_folder_is_refused(run: Run, tmp_path: Path) -> None:
    ended = run("serve", "--root", tmp_path / "nothing", "--state", tmp_path / "state")
    assert ended.code == 2
    assert "is no folder" in ended.err
    assert not (tmp_path / "state").exists()


def test_a_port_that_is_taken_is_told(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("serve", "--port", port, "--state", tmp_path / "state")
    assert ended.code == 5
    assert f"Port {port} cannot be used" in ended.err


@pytest.mark.parametrize("wrong", [["--port", "70000"], ["--workers", "-1"], ["--host", "0.0.0.0"]])
def test_wrong_use_is_told(run: Run, wrong: list[str]) -> None:
    assert run("serve", *wrong).code == 2
