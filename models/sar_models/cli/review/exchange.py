"""``sar-align review export | import``: events for other copies, tables to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from sar_models.cli.console import print_json, stdout
from sar_models.cli.options import JsonOption, OverwriteFile
from sar_models.cli.outputs import check_file_output
from sar_models.cli.review.shared import ReviewFolder, open_log
from sar_models.domain.errors import OptionError


def export(
    folder: ReviewFolder,
    out: Annotated[Path, typer.Argument(help="File to write: .json or .csv.")],
    form: Annotated[
        Literal["json", "csv"] | None,
        typer.Option("--format", help="If the name of the file does not tell it."),
    ] = None,
    queue: Annotated[
        bool,
        typer.Option(
            "--queue", help="A CSV of the alignments in which decisions can be filled in, instead."
        ),
    ] = False,
    overwrite: OverwriteFile = False,
    json_: JsonOption = False,
) -> None:
    """Write all events of the log, whole: for another copy, for the records, and as an anchor.

    Kept elsewhere, the file shows later whether the log was cut (`review verify --anchor`).

    Exit code 0: written; 2: wrong input; 5: the file cannot be written.
    """
    from sar_models.stores.reviews import export_events, export_queue

    log = open_log(folder)
    chosen = form or out.suffix.lower().removeprefix(".")
    if chosen not in ("json", "csv") or (queue and chosen == "json"):
        raise OptionError(
            f"{str(out)!r} tells no format that can be written",
            remedy="Name it .csv." if queue else "Name it .json or .csv, or add --format.",
        )
    check_file_output(out, overwrite=overwrite)
    if queue:
        count, what = export_queue(log.queue(), out), "alignments"
    else:
        count = export_events(log, out, "json" if chosen == "json" else "csv")
        what = "events"
    if json_:
        print_json({"out": str(out), what: count})
    else:
        stdout.print(f"{count} {what} → {out}", markup=False, soft_wrap=True)


def import_(
    folder: ReviewFolder,
    file: Annotated[Path, typer.Argument(help="What `review export` wrote, from anywhere.")],
    json_: JsonOption = False,
) -> None:
    """Take over events of another copy of the log, or decisions filled into a table.

    Events keep their reviewers and are imported once, however often this is repeated. Decisions
    of a table (`review export --queue`) are recorded in your name.

    Exit code 0: imported; 2: wrong input, nothing imported; 5: the log cannot be written.
    """
    from sar_models.stores.reviews import import_reviews

    log = open_log(folder)
    imported = import_reviews(log, file)
    if json_:
        print_json({"recorded": imported.recorded, "known": imported.known, "own": imported.own})
        return
    whose = f"decisions of {log.identity}" if imported.own else "events"
    stdout.print(
        f"{imported.recorded} new {whose}, {imported.known} known already → {log.path}",
        markup=False,
        soft_wrap=True,
    )
