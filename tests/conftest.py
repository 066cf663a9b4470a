"""Fixtures that many tests share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import builders
import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.transforms import Displacement

# Before torch is imported: more threads than free cores only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# The same examples every time, and no health check by the clock: a busy machine is no defect.
settings.register_profile(
    "any-machine", derandomize=True, suppress_health_check=[HealthCheck.too_slow], deadline=None
)
settings.load_profile("any-machine")


@pytest.fixture
def field() -> Displacement:
    """A smooth fold-free field over the source slide."""
    return builders.gentle_field()


@pytest.fixture
def make_alignment() -> Callable[..., Alignment]:
    """A builder of realistic alignments."""
    return builders.make_alignment
