"""Bodies of requests: no larger, and no slower, than the limits allow."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from sar_models.service.problems import Refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sar_models.service.limits import Limits


class BoundedBodies:
    """Counts what comes in, also where no length was told, and does not wait for ever.

    Parameters
    ----------
    app : ASGI application
    limits : Limits
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with a body that ends in a refusal where it goes too far."""
        most = self._most(scope["path"])
        try:
            told = int(Headers(scope=scope).get("content-length", "0"))
        except ValueError:
            told = -1
        if not 0 <= told <= most:
            await _too_large(most).response()(scope, receive, send)
            return
        body = _Body(receive, most, self._limits)
        await self._app(scope, body.receive, send)

    def _most(self, path: str) -> int:
        if path.endswith("/points"):
            return self._limits.points_bytes
        if path.endswith("/geojson"):
            return self._limits.geojson_bytes
        return self._limits.json_bytes


class _Body:
    def __init__(self, receive: Receive, most: int, limits: Limits) -> None:
        self._receive = receive
        self._most = most
        self._limits = limits
        self._size = 0
        self._ended = False
        self._began = time.monotonic()

    async def receive(self) -> Message:
        """Return the next part; after the last one, wait for the client to go."""
        if self._ended:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), self._limits.stall_s)
        except TimeoutError as exc:
            raise _too_slow() from exc
        self._size += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        if self._size > self._most:
            raise _too_large(self._most)
        allowed_s = self._limits.stall_s + self._size / self._limits.least_bytes_per_s
        if not self._ended and time.monotonic() - self._began > allowed_s:
            raise _too_slow()
        return message


def _too_large(most: int) -> Refusal:
    return Refusal(413, f"The body has more than {most:,} bytes", "Send it in parts.", close=True)


def _too_slow() -> Refusal:
    return Refusal(408, "The body does not come", "Send it at once.", close=True)
