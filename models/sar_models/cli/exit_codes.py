"""Exit codes of the command line (design section 6)."""

from __future__ import annotations

from enum import IntEnum

from sar_models.domain.alignment import Outcome


class ExitCode(IntEnum):
    """What the shell is told."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    PARTIAL = 3
    NO_ALIGNMENT = 4
    STORE = 5
    INTERRUPTED = 130


_BY_OUTCOME = {
    Outcome.ALIGNED: ExitCode.OK,
    Outcome.PARTIAL: ExitCode.PARTIAL,
    Outcome.AMBIGUOUS: ExitCode.PARTIAL,
    Outcome.FAILED: ExitCode.NO_ALIGNMENT,
}


def exit_code_of(outcome: Outcome) -> ExitCode:
    """Return the exit code that tells of an alignment's outcome."""
    return _BY_OUTCOME[outcome]
