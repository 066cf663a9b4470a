"""HTTP with bounds on time: uvicorn waits for ever for a head, and for a client that reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

    from uvicorn.protocols.http.h11_impl import RequestResponseCycle

    from sar_models.service.limits import Limits


def bounded_protocol(limits: Limits) -> type[H11Protocol]:
    """Return uvicorn's protocol with bounds.

    Parameters
    ----------
    limits : Limits
        ``head_s`` and ``read_s``.
    """

    class BoundedProtocol(H11Protocol):
        _head: asyncio.TimerHandle | None = None
        _unread: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
            super().connection_made(transport)
            self._expect_head()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self._is_answering():
                self._forget_head()
            elif not self.transport.is_closing():
                self._expect_head()

        def on_response_complete(self) -> None:
            self._forget_head()
            super().on_response_complete()

        def pause_writing(self) -> None:
            super().pause_writing()
            if self._unread is None:
                self._unread = self.loop.call_later(limits.read_s, self.transport.abort)

        def resume_writing(self) -> None:
            super().resume_writing()
            if self._unread is not None:
                self._unread.cancel()
                self._unread = None

        def connection_lost(self, exc: Exception | None) -> None:
            self._forget_head()
            self.resume_writing()
            super().connection_lost(exc)

        def _is_answering(self) -> bool:
            # None until the first head is whole, which uvicorn's types do not say.
            cycle: RequestResponseCycle | None = self.cycle
            return cycle is not None and not cycle.response_complete

        def _expect_head(self) -> None:
            if self._head is None:
                self._head = self.loop.call_later(limits.head_s, self.transport.abort)

        def _forget_head(self) -> None:
            if self._head is not None:
                self._head.cancel()
                self._head = None

    return BoundedProtocol
