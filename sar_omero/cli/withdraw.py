"""``sar-align omero withdraw``: take back what was published of a pair."""

from __future__ import annotations

from typing import Annotated

import typer

from sar_models.cli.console import print_json, stdout
from sar_models.cli.options import JsonOption
from sar_models.stores.changes import PushPolicy, PushReport, Withdraw
from sar_omero.cli.shared import (
    CaOption,
    DryRunOption,
    ForceOption,
    InsecureOption,
    common_server,
    counts_text,
    print_items,
    server_of,
)


def withdraw(
    source: Annotated[str, typer.Argument(help="omero://HOST:PORT/image/ID of the source.")],
    target: Annotated[str, typer.Argument(help="omero://HOST:PORT/image/ID of the target.")],
    records: Annotated[
        bool, typer.Option("--records", help="Also record, transform, report and summaries.")
    ] = False,
    dry_run: DryRunOption = False,
    force: ForceOption = False,
    ca: CaOption = None,
    insecure: InsecureOption = False,
    json_: JsonOption = False,
) -> None:
    """Take back what was published of one pair: only objects of ours that you own.

    Exit code 0: done; 2: wrong input; 5: the server refuses.
    """
    server = common_server([source, target])
    with server_of(server, ca=ca, insecure=insecure) as store:
        plan = store.plan(Withdraw(source, target, records), PushPolicy(force=force))
        report = PushReport(plan.items) if dry_run else store.apply(plan)
    if json_:
        print_json({"dry_run": dry_run, "counts": report.counts})
        return
    stdout.print(counts_text(report.counts))
    print_items(report.items, verb="would be" if dry_run else "were")
