"""Errors as ``application/problem+json`` (RFC 9457), in the words of our own."""

from __future__ import annotations

import json
import logging
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from sar_models.domain.errors import (
    ConflictError,
    EngineError,
    InputError,
    NoTransformError,
    OutputExistsError,
    SarAlignError,
    StoreError,
)
from sar_models.jobs.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI
    from starlette.requests import Request

MEDIA_TYPE = "application/problem+json"
_URN = "urn:sar-align:problem:"
_NAMED = 5
_log = logging.getLogger("sar_align.service")

_STATUS: dict[type[SarAlignError], int] = {
    NoTransformError: 409,
    OutputExistsError: 409,
    ConflictError: 409,
    InputError: 422,
    StoreError: 503,
    EngineError: 500,
    SarAlignError: 500,
}


class Refusal(HTTPException):
    """A request that is not let in, or asks for what is not there.

    Parameters
    ----------
    status : int
        HTTP status.
    detail : str
        What is wrong, for people.
    remedy : str
        What the client can do about it.
    close : bool
        End the connection: the rest of the request is not wanted.
    """

    def __init__(self, status: int, detail: str, remedy: str = "", *, close: bool = False) -> None:
        super().__init__(status, detail, {"Connection": "close"} if close else None)
        self.remedy = remedy

    def response(self) -> Response:
        """Return it as a response."""
        return problem(self.status_code, self.detail, remedy=self.remedy, headers=self.headers)


class Missing(Refusal):
    """Something with this id is not there."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(404, f"There is no such {what}", remedy)


def problem(
    status: int,
    detail: str,
    *,
    kind: str = "",
    remedy: str = "",
    headers: Mapping[str, str] | None = None,
    **further: Any,
) -> Response:
    """Return a response that tells of a problem.

    Parameters
    ----------
    status : int
        HTTP status.
    detail : str
        What is wrong, for people.
    kind : str
        For programs, as ``slide-error``; the status in words when empty.
    remedy : str
        What can be done about it.
    headers : mapping or None
    **further
        Members that belong to the kind, as JSON values.
    """
    title = kind.replace("-", " ") if kind else HTTPStatus(status).phrase.lower()
    body = {
        "type": _URN + (kind or title.replace(" ", "-")),
        "title": title,
        "status": status,
        "detail": detail,
    }
    body |= {"remedy": remedy} if remedy else {}
    # ASCII escapes keep even text that UTF-8 cannot hold.
    text = json.dumps(body | further, allow_nan=False)
    return Response(text, status, dict(headers or {}), MEDIA_TYPE)


def add_handlers(app: FastAPI) -> None:
    """Let an app answer all errors as problems."""
    app.add_exception_handler(SarAlignError, _ours)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _internal)


def of_error(error: SarAlignError) -> Response:
    """Return one of our errors as a response, without folders and secrets."""
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(error).__name__).lower()
    remedy = redacted(error.remedy)
    return problem(_status_of(error), redacted(error.message), kind=kind, remedy=remedy)


def _status_of(error: SarAlignError) -> int:
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, SarAlignError)
    if _status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.warning("%s: %s", type(error).__name__, redacted(str(error)))
    return of_error(error)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error, Refusal):
        return error.response()
    return problem(error.status_code, str(error.detail), headers=error.headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [
        {"where": ".".join(str(part) for part in one["loc"]), "what": str(one["msg"])}
        for one in error.errors()[:_NAMED]
    ]
    told = "; ".join(f"{one['where']}: {one['what']}" for one in found)
    return problem(422, f"The request cannot be used: {told}", kind="request-error", errors=found)


async def _internal(request: Request, error: Exception) -> Response:
    # The server logs the traceback; clients get no inside of ours.
    return problem(
        500,
        "This is a bug in sar-align",
        kind="internal-error",
        remedy="Report it with what the server printed.",
    )
