"""A server from its start to its end."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING

import uvicorn

from sar_models.__about__ import __version__
from sar_models.domain.errors import StoreError
from sar_models.service.app import build_app
from sar_models.service.context import Service
from sar_models.service.protocol import bounded_protocol
from sar_models.service.server_file import announced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType

    from sar_models.service.options import ServiceOptions

HOST = "127.0.0.1"
_TOKEN_BYTES = 32
_GOODBYE_S = 3


def serve(options: ServiceOptions, started: Callable[[int, Path], None]) -> None:
    """Run a server until Ctrl-C or SIGTERM; jobs that are not done stay in its queue.

    Parameters
    ----------
    options : ServiceOptions
    started : callable
        Called with the port and the server's file once requests are taken.

    Raises
    ------
    InputError
        If a root is no folder.
    StoreError
        If the port is taken, or a folder cannot be written.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(contextlib.closing(_listen(options.port)))
        port = listening.getsockname()[1]
        service = Service.create(options)
        stack.callback(service.close)
        server = _server(service, token, port)
        stack.enter_context(_ending(server))
        service.start()
        file = stack.enter_context(announced(port, token, __version__, options.servers))
        started(port, file)
        asyncio.run(server.serve(sockets=[listening]))


@contextlib.contextmanager
def _ending(server: _Server) -> Iterator[None]:
    """End a server in order on a signal, from before it is announced until all is tidied up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handled = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, server.handle_exit) for number in handled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _listen(port: int) -> socket.socket:
    # Named, or asyncio does not know that it is TCP, leaves Nagle's algorithm on, and every answer
    # waits 40 ms for the client's acknowledgement of its head.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform == "win32":
            # There, reusing an address means taking it from somebody.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((HOST, port))
        sock.listen()
    except OSError as exc:
        sock.close()
        raise StoreError(
            f"Port {port} cannot be used: {exc.strerror or exc}",
            remedy="Leave --port out to get a free one.",
        ) from exc
    return sock


def _server(service: Service, token: str, port: int) -> _Server:
    limits = service.options.limits
    config = uvicorn.Config(
        build_app(service, token, port),
        http=bounded_protocol(limits),
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=limits.connections,
        timeout_graceful_shutdown=_GOODBYE_S,
    )
    return _Server(config, service)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to us: uvicorn raises them again before we could tidy up."""
        yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Let streams end, then the server."""
        self._service.stopping.set()
        super().handle_exit(sig, frame)
