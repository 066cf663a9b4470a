"""Small torn pairs, made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from sar_models.synthesis import TornOptions, TornPair, generate_torn_pair

SMALL = TornOptions(
    pieces=4,
    source_arrangement="apart",
    size_px=250,
    mpp=8.0,
    organ="colon",
    outline="resection",
    target_stain="he",
    mirrored_share=0.5,
    target_lost=0,
    source_lost=0,
    target_controls=1,
    source_controls=0,
    overlap=False,
    folds=False,
    section_change=0.0,
    jpeg=False,
)

MakeTorn = Callable[..., TornPair]


@pytest.fixture(scope="session")
def torn() -> MakeTorn:
    """Make a small pair of a seed (17) that differs from `SMALL` in the keywords; kept."""

    @cache
    def made(seed: int = 17, **changes: object) -> TornPair:
        return generate_torn_pair(seed, replace(SMALL, **changes))  # type: ignore[arg-type]

    return made
