"""A running test server, and stores on it that are logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from omero_server import omero_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from omero_server import Server

    from sar_omero.options import OmeroOptions
    from sar_omero.store import OmeroStore


@pytest.fixture(scope="session")
def omero(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests of a run; each test brings images of its own."""
    with omero_server(tmp_path_factory.mktemp("omero") / "server") as server:
        yield server


def address(server: Server, path: str = "") -> str:
    return f"omero://{server.host}:{server.port}{path}"


def options(server: Server, **fields: object) -> OmeroOptions:
    from sar_omero.options import OmeroOptions

    return OmeroOptions(certificates=server.certificate, **fields)  # type: ignore[arg-type]


def open_as(
    server: Server, user: str, folder: Path, path: str = "", **fields: object
) -> OmeroStore:
    """Return a store on which ``user`` is logged in, with sessions of its own in ``folder``."""
    from sar_omero.address import parse_address
    from sar_omero.credentials import Login
    from sar_omero.secret import Secret
    from sar_omero.session_store import SessionStore
    from sar_omero.store import OmeroStore

    place = parse_address(address(server, path))
    store = OmeroStore(place, options(server, **fields), SessionStore(place, folder))
    store.connection.log_in(Login(user, Secret(server.users[user]), "the test"))
    return store


def picture(width: int = 80, height: int = 60) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 2, y * 3, x + y], axis=-1).astype(np.uint8)
