"""Exit codes of the command line (design section 6)."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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


def exit_code_of(outcome: Outcome) -> ExitCode:
    """Return the exit code that tells of an alignment's outcome."""
    # Only here: alignments bring numpy and shapely, which most commands' exit codes do not need.
    from sar_models.domain.alignment import Outcome

    return {
        Outcome.ALIGNED: ExitCode.OK,
        Outcome.PARTIAL: ExitCode.PARTIAL,
        Outcome.AMBIGUOUS: ExitCode.PARTIAL,
        Outcome.FAILED: ExitCode.NO_ALIGNMENT,
    }[outcome]
