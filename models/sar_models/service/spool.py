"""Bodies and results that are too large to be held: files in a folder of the server's own."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from starlette.concurrency import run_in_threadpool

if TYPE_CHECKING:
    from collections.abc import AsyncIterable

_CHUNK = 2**20
_PREFIX = "requests-"


class Spool:
    """A folder inside ``parent`` that goes when the server ends; those of killed ones go too.

    Parameters
    ----------
    parent : Path
    """

    def __init__(self, parent: Path) -> None:
        for left in parent.glob(f"{_PREFIX}*"):
            pid = left.name.removeprefix(_PREFIX).partition("-")[0]
            if pid.isdecimal() and not psutil.pid_exists(int(pid)):
                shutil.rmtree(left, ignore_errors=True)
        self.folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))

    def take(self) -> Path:
        """Return a new folder for one request."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def give_back(self, folder: Path) -> None:
        """Remove the folder of a request."""
        shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.folder, ignore_errors=True)


async def write_body(parts: AsyncIterable[bytes], path: Path) -> int:
    """Write a body to a file as it comes in; return its size."""
    size, held = 0, bytearray()
    with path.open("wb") as file:
        async for part in parts:
            held += part
            size += len(part)
            if len(held) >= _CHUNK:
                await run_in_threadpool(file.write, bytes(held))
                held.clear()
        file.write(held)
    return size
