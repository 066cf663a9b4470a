"""The process of a connector: it answers one request after the other, and ends with its caller."""

from __future__ import annotations

import faulthandler
import os
import queue
import signal
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any

from sar_models.stores.worker.failures import error_to_json
from sar_models.stores.worker.frames import read_frame, write_frame
from sar_models.stores.worker.operations import Operations

if TYPE_CHECKING:
    from typing import BinaryIO

_GRACE_S = 5.0
"""How long a request may go on after the caller is gone."""
_STUCK_S = 15 * 60
"""A connector that lets nobody else run for so long, its own watchman included, is ended."""


def main() -> None:
    """Serve until the caller closes its end, or dies."""
    requests_in, answers_out = _claim_pipes()
    # Ctrl-C goes to both processes; the caller decides what becomes of this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    waiting: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests_in, waiting), daemon=True).start()
    threading.Thread(target=_watch, daemon=True).start()
    operations = Operations()
    try:
        while (request := waiting.get()) is not None:
            try:
                write_frame(answers_out, _answer(operations, request))
            except OSError:
                break  # the caller is gone
    finally:
        operations.close()


def _claim_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take the pipes for messages away from whatever prints: that goes to the log instead."""
    requests_in = os.fdopen(os.dup(0), "rb")
    answers_out = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests_in, answers_out


def _listen(stream: BinaryIO, waiting: queue.SimpleQueue[dict[str, Any] | None]) -> None:
    while (request := read_frame(stream)) is not None:
        waiting.put(request)
    waiting.put(None)
    # A request that hangs must not leave an orphan behind.
    time.sleep(_GRACE_S)
    os._exit(1)


def _watch() -> None:
    """Wind a clock up again and again that ends the process when nobody winds it up."""
    while True:
        faulthandler.dump_traceback_later(_STUCK_S, exit=True, file=sys.stderr)
        time.sleep(_STUCK_S / 10)


def _answer(operations: Operations, request: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"result": operations.run(request["operation"], request["arguments"])}
    except Exception as exc:  # noqa: BLE001 - process edge: the caller raises it, the log has all
        error = error_to_json(exc)
        if error["type"] == "WorkerError":
            traceback.print_exc()
        return {"error": error}
    finally:
        sys.stdout.flush()
