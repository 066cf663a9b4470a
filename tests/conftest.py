"""Fixtures that many tests share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import builders
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.transforms import Displacement

# Before torch is imported: more threads than free cores only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.fixture
def field() -> Displacement:
    """A smooth fold-free field over the source slide."""
    return builders.gentle_field()


@pytest.fixture
def make_alignment() -> Callable[..., Alignment]:
    """A builder of realistic alignments."""
    return builders.make_alignment
