"""The app: routes behind the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI, Security
from fastapi.security import HTTPBearer

from sar_models.__about__ import __version__
from sar_models.service.bodies import BoundedBodies
from sar_models.service.gate import Gate
from sar_models.service.problems import add_handlers
from sar_models.service.routes import artefacts, events, jobs, mapping, meta, reviews

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from sar_models.service.context import Service

PREFIX = "/v1"
_DESCRIPTION = """
Aligns differently stained slides and carries points and annotations from one to the other, for
plugins of this user on this machine. Coordinates are level-0 pixels, corner origin.
Every request but `/health` needs `Authorization: Bearer TOKEN`; errors are RFC 9457 problems.
"""


def build_app(service: Service, token: str, port: int) -> ASGIApp:
    """Return the app of a server.

    Parameters
    ----------
    service : Service
    token : str
        What clients have to know.
    port : int
        Where it is reached.
    """
    app = make_api()
    app.state.service = service
    hosts = [f"{host}:{port}" for host in ("127.0.0.1", "localhost")]
    return Gate(BoundedBodies(app, service.options.limits), token, hosts, [meta.HEALTH])


def make_api() -> FastAPI:
    """Return all routes, with nothing behind them yet."""
    app = FastAPI(
        title="sar-align",
        version=__version__,
        description=_DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        # Their pages load scripts from elsewhere, and browsers are not let in anyway.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(meta.open_router)
    api = APIRouter(prefix=PREFIX, dependencies=[Security(HTTPBearer(auto_error=False))])
    for part in (meta, jobs, events, artefacts, mapping, reviews):
        api.include_router(part.router)
    app.include_router(api)
    add_handlers(app)
    return app
