"""Figures with their intervals."""

from __future__ import annotations

import numpy as np
import pytest

from sar_models.benchmark.intervals import bootstrap, over_seeds


def test_intervals_hold_what_they_are_of() -> None:
    drawn = bootstrap(np.arange(50.0))
    assert drawn.low < drawn.value == 24.5 < drawn.high
    assert bootstrap(np.arange(50.0)) == drawn
    few = over_seeds([1.0, 2.0, 3.0])
    assert (few.low, few.high) == pytest.approx((2 - 2.4841, 2 + 2.4841), abs=1e-3)
    assert np.isnan(over_seeds([1.0]).low)


def test_rows_that_are_alike_are_drawn_together() -> None:
    rows = np.repeat([0.0, 1.0, 2.0, 3.0], 25)
    names = [f"pair {int(row)}" for row in rows]
    alone, together = bootstrap(rows), bootstrap(rows, groups=names)
    assert (alone.value, alone.count) == (together.value, together.count) == (1.5, 100)
    assert together.high - together.low > 3 * (alone.high - alone.low)


def test_draws_without_the_figure_are_left_out() -> None:
    found = bootstrap([1.0, 2.0], lambda rows: float(rows.min()) if np.ptp(rows) else np.nan)
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)
