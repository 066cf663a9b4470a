"""Small generated pairs, made once."""

from __future__ import annotations

import pytest

from sar_models.synthesis import GeneratedPair, PairOptions, generate_pair

SMALL = PairOptions(size_px=300, mpp=8.0, organ="colon", outline="resection", jpeg=False)


@pytest.fixture(scope="session")
def small_pair() -> GeneratedPair:
    return generate_pair(5, SMALL)
