"""What had to be said about a pair, and what was said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from sar_models.domain.alignment import Alignment, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sar_models.benchmark.truth import TruthErrors

MISPLACED_SHARE = 0.01
"""Median error, share of the target's diagonal, above which ``aligned`` is a false promise where
the truth is exact."""

MISPLACED_SHARE_REAL = 0.02
"""The same at human landmarks, on which annotators differ by up to 0.7 %."""

PLACEMENT_SHARE = 0.02
"""Median error up to which a placement of an ambiguous pair has found its truth: placements are
affine and unrefined, and tell people where to look."""

Verdict = Literal["right", "missed", "misplaced", "false", "broken"]
"""``right``: as it had to be. ``missed``: a true pair was not aligned, a second answer not named.
``misplaced``: called aligned and lies wrong. ``false``: a wrong pair was called aligned.
``broken``: an error instead of an alignment."""


@dataclass(frozen=True)
class TrialResult:
    """One pair that was tried.

    Parameters
    ----------
    group : str
        Kind of pair.
    name : str
        Which one; generated ones are named by their seed.
    verdict : Verdict
    outcome : str
        Of the alignment, or ``error``.
    risk : float
    why : tuple of str
        What the alignment said: failure and reasons of risk, or the error.
    errors : TruthErrors or None
        Distance from the truth, where there is one.
    cpu_seconds : float
        Of the alignment alone, all its threads.
    metrics : mapping of str to float
        The alignment's own quality figures.
    """

    group: str
    name: str
    verdict: Verdict
    outcome: str
    risk: float
    why: tuple[str, ...]
    errors: TruthErrors | None
    cpu_seconds: float
    metrics: Mapping[str, float] = field(default_factory=dict)


def judge_true(outcome: Outcome, errors: TruthErrors, limit: float = MISPLACED_SHARE) -> Verdict:
    """Judge a pair that belongs together: it has to be aligned, and to lie right."""
    if outcome is not Outcome.ALIGNED:
        return "missed"
    return "right" if errors.median_share <= limit else "misplaced"


def judge_wrong(outcome: Outcome) -> Verdict:
    """Judge a pair that does not belong together: anything but aligned is honest."""
    return "false" if outcome is Outcome.ALIGNED else "right"


def judge_ambiguous(outcome: Outcome, placements: tuple[TruthErrors, ...]) -> Verdict:
    """Judge a pair with several right answers: ambiguous, and each of them named.

    Parameters
    ----------
    outcome : Outcome
    placements : tuple of TruthErrors
        For each true place, the error of the placement that comes closest to it.
    """
    if outcome is Outcome.ALIGNED:
        return "false"
    named = all(errors.median_share <= PLACEMENT_SHARE for errors in placements)
    return "right" if outcome is Outcome.AMBIGUOUS and placements and named else "missed"


def result_of(
    group: str,
    name: str,
    verdict: Verdict,
    alignment: Alignment,
    errors: TruthErrors | None,
    cpu_seconds: float,
) -> TrialResult:
    """Collect what is kept of an alignment."""
    said = (alignment.failure, *(reason.text for reason in alignment.risk.reasons))
    return TrialResult(
        group=group,
        name=name,
        verdict=verdict,
        outcome=alignment.outcome.value,
        risk=alignment.risk.score,
        why=tuple(text for text in said if text),
        errors=errors,
        cpu_seconds=cpu_seconds,
        metrics=dict(alignment.quality.metrics),
    )


def broken(group: str, name: str, error: BaseException) -> TrialResult:
    """Return the result of a pair on which the engine raised an error."""
    text = f"{type(error).__name__}: {error}"
    return TrialResult(group, name, "broken", "error", 1.0, (text,), None, 0.0)
