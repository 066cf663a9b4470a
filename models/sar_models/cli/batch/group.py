"""The group of commands ``sar-align batch``: one module for each."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from sar_models.cli.batch.change import cancel, retry
from sar_models.cli.batch.run import run
from sar_models.cli.batch.status import status
from sar_models.cli.batch.summary import summary

_HELP = ("-h", "--help")


class _RunByDefault(TyperGroup):
    """``batch FOLDER ...`` is ``batch run FOLDER ...``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in _HELP:
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_RunByDefault,
    help="Align many pairs: the same command goes on where it was stopped. `batch FOLDER ...` is "
    "short for `batch run FOLDER ...`.",
    no_args_is_help=True,
)
app.command()(run)
app.command()(status)
app.command()(retry)
app.command()(cancel)
app.command()(summary)
