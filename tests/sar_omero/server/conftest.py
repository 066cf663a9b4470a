"""One server for all of these tests; each brings its own objects."""

from __future__ import annotations

import contextlib
import logging
import os
from typing import TYPE_CHECKING, Any

import Ice
import pytest
from omero.gateway import BlitzGateway
from omero_server import SeededImage, Server, omero_server, ramp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LIVE = ("OMERO_TEST_HOST", "OMERO_TEST_USER", "OMERO_TEST_PASSWORD", "OMERO_TEST_IMAGE")

# The gateway writes a traceback for whatever the server refuses, and tests let it refuse a lot.
logging.getLogger("omero").setLevel(logging.CRITICAL)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out the tests marked ``omero_live``, unless the environment names a server."""
    missing = [name for name in LIVE if not os.environ.get(name)]
    if not missing:
        return
    if config.option.markexpr == "omero_live":
        raise pytest.UsageError(f"omero_live needs a server; not set: {', '.join(missing)}")
    live = [item for item in items if item.get_closest_marker("omero_live")]
    config.hook.pytest_deselected(items=live)
    items[:] = [item for item in items if item not in live]


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with omero_server(tmp_path_factory.mktemp("omero")) as server:
        yield server


@pytest.fixture
def server(shared_server: Server) -> Iterator[Server]:
    """The server, with nothing broken and nothing counted."""
    shared_server.heal()
    shared_server.forget_calls()
    shared_server.limit_services(10_000)
    yield shared_server
    shared_server.heal()
    shared_server.expire_sessions()
    shared_server.check()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A server that may be killed."""
    with omero_server(tmp_path / "own") as server:
        yield server


@pytest.fixture
def connect() -> Iterator[Callable[..., Any]]:
    """A maker of gateways, closed at the end."""
    made = []

    def open_gateway(server: Server, user: str = "ann", group: str | None = None) -> Any:
        gateway = BlitzGateway(
            user, server.users[user], host=server.host, port=server.port, secure=True, group=group
        )
        made.append(gateway)
        assert gateway.connect(), gateway.getLastError()
        return gateway

    yield open_gateway
    for gateway in made:
        # The test may have ended the session, or the server.
        with contextlib.suppress(Ice.Exception):
            gateway.close(hard=False)


@pytest.fixture
def gateway(server: Server, connect: Callable[..., Any]) -> Any:
    """Ann, in the read-annotate group."""
    return connect(server)


@pytest.fixture
def image(server: Server) -> SeededImage:
    """A small image of Ann's, in the read-annotate group."""
    return server.add_image("slide", ramp())
