from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qupath_scripts import compiled

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The classes of QuPath that scripts call, compiled once by Debian's groovy."""
    return compiled(tmp_path_factory.mktemp("stand-ins"))
