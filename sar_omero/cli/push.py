"""``sar-align omero push``: alignment folders to the server that their slides came from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sar_models.cli.console import print_json, stderr, stdout
from sar_models.cli.options import JsonOption
from sar_models.stores.alignment_folder import read_alignment
from sar_models.stores.changes import PushPolicy, PushReport
from sar_omero.cli.shared import (
    AnnotationsOption,
    CaOption,
    DryRunOption,
    ForceOption,
    InsecureOption,
    PublishOption,
    common_server,
    counts_text,
    print_items,
    server_of,
)


def push(
    alignments: Annotated[
        list[Path], typer.Argument(help="Folders that `sar-align omero align` or `sync` wrote.")
    ],
    annotations: AnnotationsOption = False,
    publish: PublishOption = "accepted",
    dry_run: DryRunOption = False,
    force: ForceOption = False,
    ca: CaOption = None,
    insecure: InsecureOption = False,
    json_: JsonOption = False,
) -> None:
    """Push alignments to the server that their slides came from; twice is once.

    Record, transform and report go up always; ROIs only as far as --publish and the reviews
    allow. What people edited or deleted on the server is kept, and told.

    Exit code 0: all is there; 2: wrong input, nothing written; 5: the server refuses.
    """
    from sar_models.jobs.pushing import PushOptions, push_folder
    from sar_models.stores.reviews import ReviewLog, log_folder

    pairs = [read_alignment(folder).pair for folder in alignments]
    server = common_server(slide.uri for pair in pairs for slide in (pair.source, pair.target))
    options = PushOptions(PushPolicy(publish, force=force), annotations, dry_run)
    told: list[dict[str, Any]] = []
    with server_of(server, ca=ca, insecure=insecure) as store:
        for pair in pairs:
            slides = [pair.source.uri, pair.target.uri]
            store.answer("check_allowed", {"slides": slides})
        for folder in alignments:
            report = push_folder(store, folder, ReviewLog(log_folder(folder)), options)
            told.append(_record(folder, report))
            if not json_:
                _print(folder, report, dry_run=dry_run)
    if json_:
        print_json({"server": server, "dry_run": dry_run, "pushed": told})


def _print(folder: Path, report: PushReport, *, dry_run: bool) -> None:
    stdout.print(f"{folder}: {counts_text(report.counts)}", markup=False, soft_wrap=True)
    print_items(report.items, verb="would be" if dry_run else "were")
    held = [item for item in report.items if "not reviewed, and only" in item.reason]
    if held:
        stderr.print(
            f"  {len(held)} objects wait for a review: `sar-align omero review accept {folder}`",
            markup=False,
            soft_wrap=True,
        )


def _record(folder: Path, report: PushReport) -> dict[str, Any]:
    items = [
        {"action": i.action, "key": str(i.key), "reason": i.reason, "label": i.label}
        for i in report.items
    ]
    return {"folder": str(folder), "counts": report.counts, "items": items}
