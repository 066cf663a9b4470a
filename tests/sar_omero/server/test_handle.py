"""What tests hold of the server needs no OMERO itself."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import psutil

TESTS = Path(__file__).parents[2]


def test_the_package_brings_neither_omero_nor_ice() -> None:
    code = "import sys, omero_server; print({'omero', 'Ice'} & set(sys.modules))"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=TESTS, capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "set()"


def test_a_server_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from omero_server import Server\n"
        "server = Server(Path(sys.argv[1])); server.start()\n"
        "print(server.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=TESTS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == -9
    # No child of ours: all there is to see is that it is gone.
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(int(ended.stdout)).wait(timeout=60)
