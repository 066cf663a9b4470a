"""``sar-align review verify``: whether the log is as it was written."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sar_models.cli.console import print_json, stdout
from sar_models.cli.exit_codes import ExitCode
from sar_models.cli.options import JsonOption
from sar_models.cli.review.shared import ReviewFolder, open_log


def verify(
    folder: ReviewFolder,
    anchor: Annotated[
        list[Path] | None,
        typer.Option(help="An earlier export, or the journal of a push; may be repeated."),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Check that no event was changed, moved or removed; say where and what otherwise.

    A log whose end was cut off looks whole: only what was exported or pushed before shows it.

    Exit code 0: as it was written; 2: it is not, or wrong input; 5: it cannot be read.
    """
    from sar_models.stores.reviews import read_anchor

    log = open_log(folder)
    anchors = [read_anchor(path) for path in anchor or ()]
    findings = log.verify(anchors)
    harmful = [finding for finding in findings if not finding.harmless]
    events = sum(len(file.lines) for file in log.files())
    if json_:
        print_json(
            {
                "intact": not harmful,
                "events": events,
                "reviewers": len(log.heads()),
                "anchors": len(anchors),
                "findings": [asdict(finding) for finding in findings],
            }
        )
    else:
        for finding in findings:
            sign = "note" if finding.harmless else "WRONG"
            stdout.print(f"{sign}: {finding}", markup=False, highlight=False, soft_wrap=True)
        _print_verdict(events, len(log.heads()), len(anchors), len(harmful))
    if harmful:
        raise typer.Exit(ExitCode.USAGE)


def _print_verdict(events: int, reviewers: int, anchors: int, harmful: int) -> None:
    told = f"{_count(events, 'event')} of {_count(reviewers, 'reviewer')}"
    if harmful:
        told += f": {_count(harmful, 'thing')} wrong. Restore the log from a copy; do not edit it."
    elif anchors:
        told += f": as written, and nothing is missing that {_count(anchors, 'anchor')} saw."
    else:
        told += ": as written. Whether its end was cut off shows only with --anchor."
    stdout.print(told, markup=False, highlight=False, soft_wrap=True)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
