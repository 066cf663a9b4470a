"""Servers of tests: started on a free port, ended by their process id."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import service_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

TESTS = Path(__file__).parent
PATIENCE_S = 240
"""Starting torch takes a minute on a machine that is busy."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    process: subprocess.Popen[str]
    port: int
    file: Path
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        token: str = json.loads(self.file.read_text())["token"]
        return token

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def client(self, **options: Any) -> httpx.Client:
        """Return a client that knows the token; not through a proxy."""
        settings = {"headers": self.headers, "timeout": PATIENCE_S, "trust_env": False}
        return httpx.Client(base_url=self.url, **(settings | options))

    def connect(self) -> socket.socket:
        """Return a connection, for what no client would send."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)


@contextlib.contextmanager
def running(
    folder: Path, roots: Sequence[Path] = (), workers: int = 0, **limits: float
) -> Iterator[Server]:
    """Run a server whose workers do not really align."""
    folder.mkdir(exist_ok=True)
    asked = {
        "folder": str(folder),
        "roots": list(map(str, roots)),
        "workers": workers,
        "tasks": service_tasks.TASKS,
        "limits": limits,
    }
    places = [TESTS, TESTS.parent, TESTS.parent / "models", TESTS.parent / "widgets"]
    log = folder / "log.txt"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, str(TESTS / "service_main.py"), json.dumps(asked)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, places))},
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, log.read_text()
        told = json.loads(line)
        yield Server(process, told["port"], Path(told["file"]), log)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in log.read_text()


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    limit = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < limit, "it never happened"
        time.sleep(0.02)
