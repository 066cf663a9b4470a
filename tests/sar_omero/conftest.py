from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from omero_fixtures import omero, open_as
from omero_scenes import Scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from omero_server import Server

__all__ = ["omero"]


@pytest.fixture
def scene(omero: Server, tmp_path: Path) -> Iterator[Scene]:
    """Two images of ann's, and her store."""
    store = open_as(omero, "ann", tmp_path / "sessions", patience_s=30.0)
    yield Scene(omero, store)
    store.close()
    omero.heal()
