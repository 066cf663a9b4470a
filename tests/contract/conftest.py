"""Every store that ships: the contract is written once."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from qupath_harness import ProjectHarness
from store_harness import FolderHarness, Harness, MemoryHarness
from worker_harness import WorkerHarness

from sar_models.stores.registry import StoreEntry
from sar_models.stores.worker import WorkerStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def worker() -> Iterator[WorkerHarness]:
    """One process for all tests; each test has an empty store in it."""
    entry = StoreEntry("worker_connectors:open_contract")
    with WorkerStore("contract", entry, "contract:") as store:
        yield WorkerHarness(store, itertools.count())


@pytest.fixture(params=["folder", "memory", "worker", "qupath"])
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Harness:
    if request.param == "worker":
        shared: WorkerHarness = request.getfixturevalue("worker")
        return shared.another()
    makers = {"folder": FolderHarness, "qupath": ProjectHarness}
    return makers[request.param](tmp_path) if request.param in makers else MemoryHarness()


@pytest.fixture
def fresh_harness(harness: Harness, tmp_path: Path) -> Callable[[], Harness]:
    """Return a maker of further stores of the same kind, empty ones."""
    made = iter(range(1000))

    def make() -> Harness:
        if isinstance(harness, WorkerHarness):
            return harness.another()
        if isinstance(harness, MemoryHarness):
            return MemoryHarness()
        folder = tmp_path / f"store-{next(made)}"
        folder.mkdir()
        return type(harness)(folder)

    return make
