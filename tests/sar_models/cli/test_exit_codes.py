"""The shell is told how an alignment ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sar_models.cli.exit_codes import exit_code_of
from sar_models.domain.alignment import Alignment, Outcome, Risk, failed_alignment

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("outcome", "risk", "code"),
    [
        (Outcome.ALIGNED, 0.1, 0),
        (Outcome.ALIGNED, 0.6, 3),
        (Outcome.PARTIAL, 0.1, 3),
        (Outcome.AMBIGUOUS, 1.0, 3),
    ],
)
def test_low_confidence_is_told_like_a_partial_alignment(
    make_alignment: Callable[..., Alignment], outcome: Outcome, risk: float, code: int
) -> None:
    assert exit_code_of(make_alignment(outcome, risk=Risk(risk))) == code


def test_failure_has_a_code_of_its_own(make_alignment: Callable[..., Alignment]) -> None:
    assert exit_code_of(failed_alignment(make_alignment().pair, "no tissue", ())) == 4
