"""A folder with a review log, and people who write to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sar_models.stores.reviews import Identity, ReviewLog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def as_person(tmp_path: Path) -> Callable[..., ReviewLog]:
    """Return a maker of logs of one folder, each as somebody opens it."""

    def make(name: str = "ada", folder: Path = tmp_path) -> ReviewLog:
        return ReviewLog(folder, Identity(name, "os"))

    return make
