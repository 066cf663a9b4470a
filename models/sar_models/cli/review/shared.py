"""What the commands of ``sar-align review`` share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sar_models.cli.console import stderr
from sar_models.domain.review import Decision

if TYPE_CHECKING:
    from sar_models.domain.review import Review
    from sar_models.stores.reviews import ReviewLog

ReviewFolder = Annotated[
    Path,
    typer.Argument(help="Folder of alignment folders, or what `sar-align batch` wrote."),
]

DONE = {
    Decision.ACCEPT: "accepted",
    Decision.REJECT: "rejected",
    Decision.NEEDS_FIX: "needs fix",
    Decision.UNDO: "taken back",
}
"""Decisions as they are told."""


def open_log(path: Path) -> ReviewLog:
    """Return the log that holds the reviews of an alignment folder, or of a folder of them."""
    from sar_models.stores.reviews import ReviewLog, log_folder

    return ReviewLog(log_folder(path))


def warn_of_damage(log: ReviewLog) -> None:
    """Tell about lines of the log that are no events; the others count all the same."""
    for file in log.files():
        for line in file.bad:
            stderr.print(
                f"Warning: {file.path}, line {line.number} is no event; see `sar-align review "
                "verify`",
                markup=False,
                soft_wrap=True,
            )


def told(review: Review) -> str:
    """Return one person's decision as it is told."""
    words = f"{review.reviewer}: {DONE[review.decision]}"
    return f"{words} ({review.reason})" if review.reason else words
