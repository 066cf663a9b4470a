"""The process of a connector, seen from its caller: started, asked, watched, ended."""

from __future__ import annotations

import collections
import contextlib
import json
import logging
import queue
import re
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import psutil

from sar_models.domain.errors import WorkerError
from sar_models.stores.worker.failures import error_from_json
from sar_models.stores.worker.frames import read_frame, write_frame

if TYPE_CHECKING:
    from typing import BinaryIO

_LOG = logging.getLogger("sar_align.worker")
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from sar_models.stores.worker.child import main; main()"
)
_LOOK_EVERY_S = 0.2
_GOODBYE_S = 10.0
_CHILDREN_S = 3.0
_LAST_LINES = 50
_SECRET = re.compile(
    r"(?i)(//[^/\s:@]+:|(?:password|passwd|token|secret|session)\S*[=:]\s*)[^\s@'\"]+"
)


class WorkerProcess:
    """A fresh interpreter that runs one connector.

    It is no fork and needs nothing of the caller's main module. Whatever it prints goes to the
    log ``sar_align.worker``. It ends when this process ends, however that comes.

    Parameters
    ----------
    name : str
        What it runs, for messages.
    inherited : tuple of int
        File descriptors that it gets.
    memory_bytes : int
        Resident memory beyond which a request is given up.
    """

    def __init__(self, name: str, inherited: tuple[int, ...], memory_bytes: int) -> None:
        self._name = name
        self._memory_bytes = memory_bytes
        self._popen = subprocess.Popen(
            [sys.executable, "-c", _BOOT, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=inherited,
        )
        self._answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._printed: collections.deque[str] = collections.deque(maxlen=_LAST_LINES)
        self._threads = [
            threading.Thread(target=self._receive, daemon=True),
            threading.Thread(target=self._log, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        """Its number."""
        return self._popen.pid

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._popen.poll() is None

    @property
    def memory_bytes(self) -> int:
        """Its resident memory, 0 if it is gone."""
        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def ask(self, operation: str, arguments: dict[str, Any], timeout_s: float) -> Any:
        """Return the answer to one request.

        Raises
        ------
        SarAlignError
            What the connector raised, of the same type.
        WorkerError
            If the process died, did not answer in time, or took too much memory; it is gone then.
        """
        try:
            try:
                request = {"operation": operation, "arguments": arguments}
                write_frame(_stream(self._popen.stdin), request)
            except OSError:
                raise self._death(operation) from None
            answer = self._wait(operation, timeout_s)
        except BaseException:
            # Also for Ctrl-C: an answer that comes later must not be taken for the next one's.
            self.kill()
            raise
        if "error" in answer:
            raise error_from_json(answer["error"])
        return answer["result"]

    def close(self) -> None:
        """Let it finish and end; end it if it does not."""
        children = _children(self.pid)
        with contextlib.suppress(OSError):
            _stream(self._popen.stdin).close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(_GOODBYE_S)
        self._end(children)

    def kill(self) -> None:
        """End it and whatever it started, and wait until they are gone; twice is no error."""
        self._end(_children(self.pid))

    def _end(self, children: list[psutil.Process]) -> None:
        if self.is_alive:
            self._popen.kill()
        self._popen.wait()
        # First they may clean up by themselves: one of them removes shared memory that is left.
        _, remaining = psutil.wait_procs(children, timeout=_CHILDREN_S)
        for child in remaining:
            with contextlib.suppress(psutil.Error):
                child.kill()
        streams = (self._popen.stdin, self._popen.stdout, self._popen.stderr)
        for thread, stream in zip((None, *self._threads), streams, strict=True):
            if thread is not None and thread is not threading.current_thread():
                thread.join(_CHILDREN_S)
                if thread.is_alive():
                    continue  # somebody still holds the other end; closing would wait for it
            with contextlib.suppress(OSError):
                _stream(stream).close()

    def _wait(self, operation: str, timeout_s: float) -> dict[str, Any]:
        deadline = time.monotonic() + timeout_s
        while True:
            with contextlib.suppress(queue.Empty):
                answer = self._answers.get(timeout=_LOOK_EVERY_S)
                if answer is None:
                    raise self._death(operation)
                return answer
            if self.memory_bytes > self._memory_bytes:
                raise WorkerError(
                    f"The connector {self._name!r} took {self.memory_bytes / 2**20:.0f} MB during "
                    f"{operation!r}, its limit is {self._memory_bytes / 2**20:.0f} MB",
                    remedy="It was ended. Try again; give it more memory if that is not enough.",
                )
            if time.monotonic() >= deadline:
                raise WorkerError(
                    f"The connector {self._name!r} did not answer {operation!r} within "
                    f"{timeout_s:g} s",
                    remedy="It was ended. Check the network and the server, then try again.",
                )

    def _death(self, operation: str) -> WorkerError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(_CHILDREN_S)
        self._threads[1].join(_CHILDREN_S)
        code = self._popen.poll()
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        last = next((line for line in reversed(self._printed) if line.strip()), "")
        said = f"; it last printed {last[:200]!r}" if last else ""
        return WorkerError(
            f"The process of the connector {self._name!r} died during {operation!r} ({how}){said}",
            remedy="Try again: the next request starts a new one. --verbose shows all it printed.",
        )

    def _receive(self) -> None:
        stream = _stream(self._popen.stdout)
        with contextlib.suppress(OSError, ValueError):
            while (answer := read_frame(stream)) is not None:
                self._answers.put(answer)
        self._answers.put(None)

    def _log(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in _stream(self._popen.stderr):
                text = _SECRET.sub(r"\1***", line.decode("utf-8", "replace").rstrip())
                self._printed.append(text)
                _LOG.debug("%s[%d]: %s", self._name, self.pid, text)


def _stream(stream: Any) -> BinaryIO:
    checked: BinaryIO = stream
    return checked


def _children(pid: int) -> list[psutil.Process]:
    try:
        found: list[psutil.Process] = psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []
    return found
