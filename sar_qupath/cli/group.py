"""The group of commands ``sar-align qupath``."""

from __future__ import annotations

import typer

from sar_qupath.cli.align import align
from sar_qupath.cli.listing import list_project
from sar_qupath.cli.push import push
from sar_qupath.cli.scripts import import_scripts
from sar_qupath.cli.withdraw import withdraw

app = typer.Typer(
    help="QuPath projects: align their images, bring annotations over, take them back.",
    no_args_is_help=True,
)
app.command("list")(list_project)
app.command("align")(align)
app.command("push")(push)
app.command("withdraw")(withdraw)
app.command("import-scripts")(import_scripts)
