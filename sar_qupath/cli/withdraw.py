"""``sar-align qupath withdraw``: take back what was published of a pair."""

from __future__ import annotations

from typing import Annotated

import typer

from sar_models.cli.console import print_json
from sar_models.cli.options import JsonOption
from sar_qupath.cli.shared import (
    BackendOption,
    DryRunOption,
    ForceOption,
    ProjectArgument,
    open_store,
    policy_of,
    record_of,
    tell,
)


def withdraw(
    project: ProjectArgument,
    source: Annotated[str, typer.Option(help="Image that the objects came from: name or #ID.")],
    target: Annotated[str, typer.Option(help="Image that they were put on.")],
    records: Annotated[
        bool, typer.Option("--records", help="Also remove the alignment with its report.")
    ] = False,
    backend: BackendOption = "files",
    force: ForceOption = False,
    dry_run: DryRunOption = False,
    json_: JsonOption = False,
) -> None:
    """Take back exactly what SAR-Align put on an image from another; nobody else's objects.

    What people edited since stays, unless --force. With the backend `files`, objects go from QuPath
    when `Import results` runs next.

    Exit code 0: withdrawn; 2: wrong input; 5: the project or a folder refused.
    """
    from sar_qupath.pushing import apply_pair, plan_withdrawal

    with open_store(project, backend, force=force) as store:
        policy = policy_of("accepted", force=force)
        pair = plan_withdrawal(store, source, target, policy, records=records)
        if not dry_run:
            apply_pair(store, pair)
    if json_:
        print_json({"dry_run": dry_run, "pairs": [record_of(pair)]})
    else:
        tell(pair, dry_run=dry_run)
