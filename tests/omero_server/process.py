"""The process that a test's server runs in."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from omero_server.people import USERS

TESTS = Path(__file__).parent.parent
PATIENCE_S = 120
"""A busy machine is no defect."""


class ServerProcess:
    """The process: started, killed, started again on the same ports with the same objects."""

    host = "127.0.0.1"

    def __init__(self, folder: Path, idle_s: float = 600.0) -> None:
        self.folder = folder
        self.port, self.tcp_port = 0, 0
        self.users = {user.name: user.password for user in USERS}
        self.certificate = Path(__file__).parent / "tls" / "ca.pem"
        self._idle_s = idle_s
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._numbers = iter(range(1_000_000))

    def start(self) -> None:
        """Start the process, on the same ports if it ran before."""
        self.folder.mkdir(parents=True, exist_ok=True)
        asked = {
            "folder": str(self.folder),
            "idle_s": self._idle_s,
            "port": self.port,
            "tcp_port": self.tcp_port,
        }
        with (self.folder / "server.log").open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "omero_server.main", json.dumps(asked)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=os.environ | {"PYTHONPATH": str(TESTS)},
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self.log()
        told = json.loads(line)
        self.port, self.tcp_port = told["port"], told["tcp_port"]

    @property
    def pid(self) -> int:
        """The id of the process."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """End the process; its objects stay in the folder."""
        if self._process is None:
            return
        process, self._process = self._process, None
        assert process.stdin is not None
        assert process.stdout is not None
        # A killed process left its end of the pipe closed.
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def kill(self) -> None:
        """Kill the process as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self.stop()

    def restart(self) -> None:
        """Kill the process and start it again: same ports, same objects, sessions gone."""
        if self._process is not None:
            self.kill()
        self.start()

    def log(self) -> str:
        """Return what the process wrote to its standard error."""
        return (self.folder / "server.log").read_text()

    def check(self) -> None:
        """Raise if something went wrong inside the server."""
        if self._process is not None and self._process.poll() is None:
            troubles = self.ask("troubles")
            assert not troubles["errors"], "\n".join(troubles["errors"])

    def ask(self, do: str, **fields: Any) -> Any:
        """Return the answer to a command; see :mod:`omero_server.control`."""
        process = self._process
        assert process is not None, "the server is not running"
        assert process.stdin is not None
        assert process.stdout is not None
        with self._lock:
            process.stdin.write(json.dumps({"do": do, "with": fields}) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        assert line, self.log()
        answer = json.loads(line)
        assert "ok" in answer, answer.get("error")
        return answer["ok"]
