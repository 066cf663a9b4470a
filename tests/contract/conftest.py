"""Every store that ships: the contract is written once."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from omero_fixtures import omero, open_as
from qupath_harness import PaquoHarness, ProjectHarness, paquo_without_java
from store_harness import FolderHarness, Harness, MemoryHarness
from worker_harness import WorkerHarness

from sar_models.stores.registry import StoreEntry
from sar_models.stores.worker import WorkerStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from omero_harness import OmeroHarness
    from omero_server import Server

__all__ = ["omero"]


@pytest.fixture(scope="session")
def worker() -> Iterator[WorkerHarness]:
    """One process for all tests; each test has an empty store in it."""
    entry = StoreEntry("worker_connectors:open_contract")
    with WorkerStore("contract", entry, "contract:") as store:
        yield WorkerHarness(store, itertools.count())


@pytest.fixture(scope="session")
def on_omero(
    omero: Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[OmeroHarness]:
    """One server for all tests; each test has images of its own on it."""
    # Only here: it brings Ice.
    from omero_harness import OmeroHarness

    store = open_as(omero, "ann", tmp_path_factory.mktemp("sessions"))
    yield OmeroHarness(omero, store)
    store.close()


@pytest.fixture(params=["folder", "memory", "worker", "qupath", "paquo", "omero"])
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    if request.param != "paquo":
        yield _made(request, tmp_path)
        return
    with paquo_without_java():
        yield _made(request, tmp_path)


def _made(request: pytest.FixtureRequest, tmp_path: Path) -> Harness:
    if request.param == "worker":
        shared: WorkerHarness = request.getfixturevalue("worker")
        return shared.another()
    if request.param == "omero":
        on_server: OmeroHarness = request.getfixturevalue("on_omero")
        return on_server.another()
    makers = {"folder": FolderHarness, "qupath": ProjectHarness, "paquo": PaquoHarness}
    return makers[request.param](tmp_path) if request.param in makers else MemoryHarness()


@pytest.fixture
def fresh_harness(harness: Any, tmp_path: Path) -> Callable[[], Harness]:
    """Return a maker of further stores of the same kind, empty ones."""
    made = iter(range(1000))

    def make() -> Harness:
        if hasattr(harness, "another"):
            return harness.another()
        if isinstance(harness, MemoryHarness):
            return MemoryHarness()
        folder = tmp_path / f"store-{next(made)}"
        folder.mkdir()
        return type(harness)(folder)

    return make
