"""Who is let in: programs of this user that know the token. Web pages are not.

Any page in a browser can send requests to 127.0.0.1. It cannot know the token, sends an ``Origin``,
or comes under a host name of its own when it tricks the browser's name lookup; each is refused,
and no answer allows other origins to read it.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

from sar_models.service.problems import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_JSON = ("application/json", "application/geo+json")
_ANSWERED_WITH = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Gate:
    """Checks a request before anything else looks at it.

    Parameters
    ----------
    app : ASGI application
    token : str
    hosts : iterable of str
        Values of the header ``Host`` that mean this server.
    open_paths : iterable of str
        Paths that may be read without the token.
    """

    def __init__(
        self, app: ASGIApp, token: str, hosts: Iterable[str], open_paths: Iterable[str]
    ) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = frozenset(host.lower() for host in hosts)
        self._open = frozenset(open_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is refused, pass on the rest."""
        if scope["type"] != "http":
            return  # there is no other protocol here

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ANSWERED_WITH.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            self._check(scope)
        except Refusal as refusal:
            await refusal.response()(scope, receive, send_marked)
            return
        await self._app(scope, receive, send_marked)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        self._check_host(headers)
        _check_origin(headers)
        if not (scope["path"] in self._open and scope["method"] in ("GET", "HEAD")):
            self._check_token(headers)
        _check_body_type(headers)

    def _check_host(self, headers: Headers) -> None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            raise Refusal(421, "This server has another name", "Use 127.0.0.1.", close=True)

    def _check_token(self, headers: Headers) -> None:
        given = headers.getlist("authorization")
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        known = hmac.compare_digest(token.strip().encode("utf-8", "replace"), self._token)
        if scheme.lower() != "bearer" or not known:
            raise _UnknownClient


class _UnknownClient(Refusal):
    def __init__(self) -> None:
        super().__init__(
            401,
            "The token is missing or wrong",
            "Send `Authorization: Bearer TOKEN` with the token of the server's file.",
            close=True,
        )
        self.headers = {"WWW-Authenticate": "Bearer", **(self.headers or {})}


def _check_origin(headers: Headers) -> None:
    foreign = headers.get("sec-fetch-site", "none").lower() != "none"
    if "origin" in headers or foreign:
        raise Refusal(403, "Web pages are not let in", "Ask from a program.", close=True)


def _check_body_type(headers: Headers) -> None:
    if headers.get("content-length", "0").strip() == "0" and "transfer-encoding" not in headers:
        return
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _JSON:
        raise Refusal(
            415, f"A body of the type {kind[:40]!r}", f"Send {' or '.join(_JSON)}.", close=True
        )
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(415, "The body is compressed", "Send it as it is.", close=True)
