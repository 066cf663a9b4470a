"""``sar-align omero review``: a decision under the reviewer's OMERO name, told to the server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from sar_models.cli.console import print_json, stdout
from sar_models.cli.options import JsonOption
from sar_models.domain.errors import OptionError
from sar_models.domain.review import Decision
from sar_models.stores.alignment_folder import read_alignment
from sar_models.stores.changes import PushPolicy
from sar_omero.cli.shared import (
    AnnotationsOption,
    CaOption,
    InsecureOption,
    common_server,
    counts_text,
    print_items,
    server_of,
)


def review(
    decision: Annotated[
        Literal["accept", "reject", "needs-fix", "undo"], typer.Argument(help="What you decide.")
    ],
    alignments: Annotated[
        list[Path], typer.Argument(help="Folders that `sar-align omero align` or `sync` wrote.")
    ],
    reason: Annotated[str, typer.Option(help="Why; a rejection needs it.")] = "",
    comment: Annotated[str, typer.Option(help="Anything worth remembering.")] = "",
    annotations: AnnotationsOption = False,
    ca: CaOption = None,
    insecure: InsecureOption = False,
    json_: JsonOption = False,
) -> None:
    """Record a decision under your OMERO name, and bring the server up to date.

    A rejection withdraws what was published; an acceptance publishes what may be.

    Exit code 0: recorded and pushed; 2: wrong input, nothing recorded; 5: the server refuses.
    """
    from sar_models.jobs.pushing import PushOptions, push_folder
    from sar_models.stores.reviews import Identity, ReviewLog, log_folder

    if decision == "reject" and not reason:
        raise OptionError("A rejection needs a reason", remedy="Add --reason TEXT.")
    read = [read_alignment(folder) for folder in alignments]
    slides = [slide.uri for one in read for slide in (one.pair.source, one.pair.target)]
    told = []
    with server_of(common_server(slides), ca=ca, insecure=insecure) as store:
        identity = Identity(store.answer("whoami", {}), "omero")
        for folder, alignment in zip(alignments, read, strict=True):
            log = ReviewLog(log_folder(folder), identity)
            log.record(alignment.content_sha256, Decision(decision), reason=reason, comment=comment)
            options = PushOptions(PushPolicy(), annotations)
            report = push_folder(store, folder, log, options)
            told.append({"folder": str(folder), "counts": report.counts})
            if not json_:
                words = f"{decision} by {identity}: {folder}: {counts_text(report.counts)}"
                stdout.print(words, markup=False, highlight=False, soft_wrap=True)
                print_items(report.items, verb="were")
    if json_:
        print_json({"decision": decision, "reviewer": str(identity), "pushed": told})
