"""A JupyterLab of our own and a headless Chromium, on this machine only."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
_START_S = 90.0


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab.

    Parameters
    ----------
    url : str
    token : str
    """

    url: str
    token: str

    def notebook(self, name: str) -> str:
        """Return the address of a notebook."""
        return f"{self.url}/lab/tree/{name}?token={self.token}&reset"


@contextlib.contextmanager
def jupyter_lab(folder: Path, state: Path) -> Iterator[Lab]:
    """Run JupyterLab on ``folder``; what it keeps for a user lies in ``state``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    paths = [str(ROOT), str(ROOT / "models"), str(ROOT / "widgets")]
    environment = os.environ | {
        "JUPYTER_TOKEN": token,
        "JUPYTER_CONFIG_DIR": str(state / "config"),
        "JUPYTER_DATA_DIR": str(state / "data"),
        "JUPYTER_RUNTIME_DIR": str(state / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(state / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(state / "workspaces"),
        "PYTHONPATH": os.pathsep.join(paths),
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        f"--ServerApp.port={port}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={folder}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    log = state / "lab.log"
    state.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        server = subprocess.Popen(command, env=environment, stdout=out, stderr=out, cwd=folder)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(f"{url}/api/status?token={token}", server, log)
            yield Lab(url, token)
        finally:
            # Asked to end, the server ends its kernels as well.
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait(30)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Run the system's Chromium, headless."""
    path = next(
        (
            p
            for p in ("/usr/lib/chromium/chromium", shutil.which("chromium"))
            if p and Path(p).is_file()
        ),
        None,
    )
    assert path is not None, "Chromium is missing: ci/system_packages.sh chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            browser.close()


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(int(_START_S / 0.2)):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            assert server.poll() is None, log.read_text(encoding="utf-8", errors="replace")
            time.sleep(0.2)
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace"))
