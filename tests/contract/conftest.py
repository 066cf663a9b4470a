"""Every store that ships: the contract is written once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from store_harness import FolderHarness, Harness, MemoryHarness

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(params=["folder", "memory"])
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Harness:
    return FolderHarness(tmp_path) if request.param == "folder" else MemoryHarness()


@pytest.fixture
def fresh_harness(harness: Harness, tmp_path: Path) -> Callable[[], Harness]:
    """Return a maker of further stores of the same kind, empty ones."""
    made = iter(range(1000))

    def make() -> Harness:
        if isinstance(harness, MemoryHarness):
            return MemoryHarness()
        folder = tmp_path / f"store-{next(made)}"
        folder.mkdir()
        return FolderHarness(folder)

    return make
