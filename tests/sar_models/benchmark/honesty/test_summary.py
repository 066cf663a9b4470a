"""Results add up by kind of pair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import make_alignment, slide_info

from sar_models.benchmark.honesty.runner import summarise
from sar_models.benchmark.honesty.verdict import broken, result_of
from sar_models.benchmark.truth import truth_errors
from sar_models.domain.geometry import Size


def test_errors_are_of_the_aligned_only() -> None:
    target = slide_info("target", Size(300, 400))
    near, far = (
        truth_errors(np.full((3, 2), shift), np.zeros((3, 2)), target) for shift in (1.0, 200.0)
    )
    right = result_of("true", "1", "right", make_alignment(), near, 2.0)
    misplaced = result_of("true", "2", "misplaced", make_alignment(), far, 6.0)
    missed = replace(misplaced, outcome="failed", verdict="missed", errors=far)
    summary, other = summarise([right, misplaced, missed, broken("blank", "3", ValueError("x"))])
    assert (summary.group, summary.pairs, summary.right) == ("true", 3, 1)
    assert summary.outcomes == {"aligned": 2, "failed": 1}
    assert summary.verdicts == {"right": 1, "misplaced": 1, "missed": 1}
    assert summary.worst_error == pytest.approx(far.median_share)
    assert (summary.median_cpu_seconds, summary.most_cpu_seconds) == (6.0, 6.0)
    assert (other.group, other.outcomes, other.median_cpu_seconds) == ("blank", {"error": 1}, 0.0)
