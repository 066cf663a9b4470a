from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from service_process import running

from sar_models.domain.errors import StoreError
from sar_models.service import find_servers
from sar_models.service.server_file import announced

if TYPE_CHECKING:
    from pathlib import Path


def test_only_the_user_can_read_it_and_it_goes(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "servers"
    with announced(4711, "geheim", "1.0", folder) as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (server,) = find_servers(folder)
        assert (server.port, server.token) == (4711, "geheim")
        assert server.url == "http://127.0.0.1:4711"
        assert server.holder.pid == os.getpid()
        assert "geheim" not in repr(server)
    assert list(folder.iterdir()) == []
    assert find_servers(folder) == ()


def test_files_of_killed_servers_are_no_servers_and_are_removed(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path\n"
        "from sar_models.service.server_file import announced\n"
        "with announced(1, 't', '1.0', Path(sys.argv[1])): os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "s")], check=True)
    (left,) = (tmp_path / "s").iterdir()
    assert find_servers(tmp_path / "s") == ()
    with announced(2, "t", "1.0", tmp_path / "s") as path:
        assert not left.exists()
        assert path.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kind": "sar-align/server"}', "\x00"])
def test_other_files_are_passed_over(tmp_path: Path, text: str) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "1.json").write_text(text)
    assert find_servers(tmp_path) == ()
    with announced(3, "t", "1.0", tmp_path):
        assert [server.port for server in find_servers(tmp_path)] == [3]
    assert (tmp_path / "1.json").exists()


def test_a_folder_that_others_can_write_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s").chmod(0o777)
    with pytest.raises(StoreError, match="Others than you"), announced(1, "t", "1", tmp_path / "s"):
        pass


def test_a_server_is_found_while_it_runs_and_leaves_nothing(tmp_path: Path) -> None:
    with running(tmp_path / "s") as server:
        (found,) = find_servers(tmp_path / "s" / "servers")
        assert (found.port, found.token) == (server.port, server.token)
        assert server.token not in server.log.read_text()
    assert server.process.returncode == 0
    assert list((tmp_path / "s" / "servers").iterdir()) == []
    inner = tmp_path / "s" / "state" / ".sar-align"
    assert [path for path in inner.iterdir() if path.name.startswith("requests-")] == []
    assert stat.S_IMODE((tmp_path / "s" / "state").stat().st_mode) == 0o700


def test_tokens_differ(tmp_path: Path) -> None:
    with running(tmp_path / "s") as first:
        token = first.token
    with running(tmp_path / "s") as second:
        assert second.token != token
        assert len(token) >= 43


def test_a_server_that_is_ended_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    with running(tmp_path / "s", [tmp_path], workers=1) as server:
        pass
    assert server.process.returncode == 0
    assert list((tmp_path / "s" / "servers").iterdir()) == []
