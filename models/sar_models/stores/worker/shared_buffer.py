"""Memory that two processes share and that nobody has to remove: it ends with the last of them."""

from __future__ import annotations

import mmap
import os
import sys
import tempfile
import uuid
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class SharedBuffer:
    """A block of memory without a name in the file system.

    Named segments (``multiprocessing.shared_memory``) outlive processes that are killed. This one
    is an open file that was never linked, inherited by the worker: the system frees it when both
    are gone, however they went.

    Parameters
    ----------
    size : int
        Bytes; used only as far as they are written to.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._fd: int | None = None
        self._tag = ""
        if sys.platform == "win32":
            self._tag = f"sar-align-{uuid.uuid4().hex}"
            self._map = mmap.mmap(-1, size, tagname=self._tag)
        else:
            self._fd = _unlinked_file()
            os.ftruncate(self._fd, size)
            self._map = mmap.mmap(self._fd, size)

    @classmethod
    def attach(cls, told: dict[str, Any]) -> Self:
        """Return the block that the parent process told of."""
        buffer = cls.__new__(cls)
        buffer.size = int(told["size"])
        buffer._fd, buffer._tag = told["fd"], str(told["tag"])
        if sys.platform == "win32":
            buffer._map = mmap.mmap(-1, buffer.size, tagname=buffer._tag)
        else:
            buffer._map = mmap.mmap(int(told["fd"]), buffer.size)
        return buffer

    @property
    def inherited(self) -> tuple[int, ...]:
        """File descriptors that the worker has to inherit."""
        return () if self._fd is None else (self._fd,)

    def told(self) -> dict[str, Any]:
        """Return what the worker needs to attach it, as JSON values."""
        return {"size": self.size, "fd": self._fd, "tag": self._tag}

    def put(self, pixels: NDArray[np.uint8]) -> None:
        """Write pixels to the beginning."""
        np.frombuffer(self._map, np.uint8, pixels.size).reshape(pixels.shape)[...] = pixels

    def get(self, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
        """Return a copy of the pixels at the beginning."""
        count = int(np.prod(shape))
        return np.frombuffer(self._map, np.uint8, count).reshape(shape).copy()

    def close(self) -> None:
        """Let go of it; closing twice is no error."""
        self._map.close()
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _unlinked_file() -> int:
    if sys.platform == "linux":
        return os.memfd_create("sar-align")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
