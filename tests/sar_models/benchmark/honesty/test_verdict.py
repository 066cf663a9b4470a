"""What is honest about a pair, and what is not."""

from __future__ import annotations

import numpy as np
import pytest
from builders import make_alignment, slide_info

from sar_models.benchmark.honesty.verdict import (
    broken,
    judge_ambiguous,
    judge_true,
    judge_wrong,
    result_of,
)
from sar_models.benchmark.truth import TruthErrors, truth_errors
from sar_models.domain.alignment import Outcome
from sar_models.domain.geometry import Size


def errors(share: float) -> TruthErrors:
    """Errors of this share of the diagonal at every point."""
    target = slide_info("target", Size(300, 400))
    truth = np.zeros((5, 2))
    return truth_errors(truth + np.array([500 * share, 0.0]), truth, target)


@pytest.mark.parametrize(
    ("outcome", "share", "verdict"),
    [
        (Outcome.ALIGNED, 0.002, "right"),
        (Outcome.ALIGNED, 0.05, "misplaced"),
        (Outcome.ALIGNED, np.inf, "misplaced"),
        (Outcome.PARTIAL, 0.002, "missed"),
        (Outcome.AMBIGUOUS, 0.002, "missed"),
        (Outcome.FAILED, np.inf, "missed"),
    ],
)
def test_true_pairs_have_to_be_aligned_and_to_lie_right(
    outcome: Outcome, share: float, verdict: str
) -> None:
    assert judge_true(outcome, errors(share)) == verdict


@pytest.mark.parametrize("outcome", Outcome)
def test_wrong_pairs_may_be_anything_but_aligned(outcome: Outcome) -> None:
    assert judge_wrong(outcome) == ("false" if outcome is Outcome.ALIGNED else "right")


@pytest.mark.parametrize(
    ("outcome", "shares", "verdict"),
    [
        (Outcome.AMBIGUOUS, (0.01, 0.015), "right"),
        (Outcome.AMBIGUOUS, (0.01, 0.3), "missed"),
        (Outcome.AMBIGUOUS, (0.01, np.inf), "missed"),
        (Outcome.AMBIGUOUS, (), "missed"),
        (Outcome.PARTIAL, (0.01, 0.01), "missed"),
        (Outcome.ALIGNED, (0.01, 0.01), "false"),
    ],
)
def test_two_answers_have_to_be_named(
    outcome: Outcome, shares: tuple[float, ...], verdict: str
) -> None:
    assert judge_ambiguous(outcome, tuple(errors(share) for share in shares)) == verdict


def test_a_result_keeps_what_the_alignment_said() -> None:
    result = result_of("true", "seed 3", "right", make_alignment(), errors(0.001), 1.5)
    assert result.outcome == "aligned"
    assert result.why == ("Only 3 anchors agree.",)
    assert result.metrics == {"shift_contrast": 0.21, "pose_margin": 1.4}


def test_an_engine_error_is_a_result() -> None:
    result = broken("true", "seed 3", ValueError("on purpose"))
    assert (result.verdict, result.outcome) == ("broken", "error")
    assert result.why == ("ValueError: on purpose",)
