"""A process that does one thing after the other for the server."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import signal
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import EngineError, SarAlignError
from sar_models.jobs.surroundings import environment, thread_variables

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

_STOP_S = 2.0
_log = logging.getLogger("sar_align.service")


class Hand:
    """A process that starts when it is needed, and again when it died; for one thread at a time.

    Parameters
    ----------
    name : str
        What it is for.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._ended = False
        self._one_waits = threading.Lock()

    def call(self, function: str, args: tuple[Any, ...], limit_s: float) -> Any:
        """Return what ``"module:function"`` returns there, or raise what it raises.

        Raises
        ------
        EngineError
            If the process ends, or takes longer than ``limit_s``.
        """
        try:
            pipe = self._started()
            pipe.send((function, args))
            if not pipe.poll(limit_s):
                raise TimeoutError
            ok, value = pipe.recv()
        except (EOFError, OSError) as exc:  # a TimeoutError is an OSError
            self._dismiss()
            told = "took too long" if isinstance(exc, TimeoutError) else "ended unexpectedly"
            raise EngineError(
                f"The process for {self._name} {told}",
                remedy="Try again; if it stays so, with less at once.",
            ) from exc
        if not ok:
            raise value
        return value

    def kill(self) -> None:
        """End the process for good; any thread may do so while another waits for it."""
        self._ended = True
        if (process := self._process) is not None:
            with self._one_waits, contextlib.suppress(ValueError):  # closed meanwhile
                process.kill()
                process.join(_STOP_S)

    def _started(self) -> Connection:
        if self._pipe is not None and self._process is not None and self._process.is_alive():
            return self._pipe
        self._dismiss()
        if self._ended:
            raise EOFError
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs,), name=self._name, daemon=True)
        # One thread each: what is mapped is cut into parts instead.
        with environment(thread_variables(1)):
            process.start()
        # Theirs alone from now on: when either process ends, however it does, the other notices.
        theirs.close()
        self._process, self._pipe = process, ours
        if self._ended:  # while it started, so that nobody ended it
            raise EOFError
        return ours

    def _dismiss(self) -> None:
        process, pipe, self._process, self._pipe = self._process, self._pipe, None, None
        if pipe is not None:
            pipe.close()
        if process is not None:
            # Two threads that wait for one process take its end from each other.
            with self._one_waits:
                process.kill()
                process.join(_STOP_S)
                process.close()


def imported(function: str) -> None:
    """Import what a function needs, so that the first who calls it does not wait for that."""
    _function(function)


def _serve(pipe: Connection) -> None:
    """Do what is asked through the pipe, until its other end is closed."""
    # Ctrl-C in a terminal goes to all its processes; the server says when this one is to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):
        while True:
            function, args = pipe.recv()
            pipe.send(_answer(function, args))


def _answer(function: str, args: tuple[Any, ...]) -> tuple[bool, Any]:
    try:
        return True, _function(function)(*args)
    except SarAlignError as exc:
        return False, exc
    except Exception as exc:  # noqa: BLE001 - process edge: the server answers that this is a bug
        _log.exception("internal error")
        return False, RuntimeError(f"{type(exc).__name__} in a process for requests")


def _function(name: str) -> Callable[..., Any]:
    module, _, attribute = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), attribute)
    return found
