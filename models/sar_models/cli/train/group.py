"""The group of commands ``sar-align train``: one module for each."""

from __future__ import annotations

import typer

from sar_models.cli.train.export import export
from sar_models.cli.train.scene import scene

app = typer.Typer(help="Train the networks that sar-align ships.", no_args_is_help=True)
app.command()(scene)
app.command()(export)
