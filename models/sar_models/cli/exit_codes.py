"""Exit codes of the command line (design section 6)."""

from __future__ import annotations

from enum import IntEnum

from sar_models.domain.alignment import Alignment, Outcome


class ExitCode(IntEnum):
    """What the shell is told."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    PARTIAL = 3
    NO_ALIGNMENT = 4
    STORE = 5
    INTERRUPTED = 130


HIGH_RISK = 0.5
"""Risk from which on an aligned pair is told as one of low confidence."""

_BY_OUTCOME = {
    Outcome.ALIGNED: ExitCode.OK,
    Outcome.PARTIAL: ExitCode.PARTIAL,
    Outcome.AMBIGUOUS: ExitCode.PARTIAL,
    Outcome.FAILED: ExitCode.NO_ALIGNMENT,
}


def exit_code_of(alignment: Alignment) -> ExitCode:
    """Return the exit code that tells of an alignment: its outcome, and whether to trust it."""
    if alignment.risk.score >= HIGH_RISK and alignment.outcome is Outcome.ALIGNED:
        return ExitCode.PARTIAL
    return _BY_OUTCOME[alignment.outcome]
