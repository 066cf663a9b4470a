"""The group of commands ``sar-align review``: one module for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import typer

from sar_models.cli.lazy import Deferred, LazyGroup

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Review(LazyGroup):
    """Decisions on alignments."""

    deferred: ClassVar[Mapping[str, Deferred]] = {
        "list": Deferred(
            "sar_models.cli.review.listing:list_",
            "List alignments, riskiest first, with the reasons and what was decided.",
        ),
        "accept": Deferred(
            "sar_models.cli.review.decide:accept",
            "Accept alignments, or one fragment: what hangs on them may be published.",
        ),
        "reject": Deferred(
            "sar_models.cli.review.decide:reject",
            "Reject alignments, or one fragment: the next push withdraws what was published of "
            "them.",
        ),
        "needs-fix": Deferred(
            "sar_models.cli.review.decide:needs_fix",
            "Ask for a correction: nothing of it is published until then.",
        ),
        "undo": Deferred(
            "sar_models.cli.review.decide:undo",
            "Take back your own last decision on alignments, or on one fragment; by a new event.",
        ),
        "export": Deferred(
            "sar_models.cli.review.exchange:export",
            "Write all events of the log, whole: for another copy, for the records, and as an "
            "anchor.",
        ),
        "import": Deferred(
            "sar_models.cli.review.exchange:import_",
            "Take over events of another copy of the log, or decisions filled into a table.",
        ),
        "verify": Deferred(
            "sar_models.cli.review.verify:verify",
            "Check that no event was changed, moved or removed; say where and what otherwise.",
        ),
        "report": Deferred(
            "sar_models.cli.review.report:report",
            "Write a page that tells progress, decisions, disagreements, and how reviewers agree.",
        ),
    }


app = typer.Typer(
    cls=_Review,
    help="Review alignments: what to look at first, and what was decided.",
    no_args_is_help=True,
)
