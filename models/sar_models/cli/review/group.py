"""The group of commands ``sar-align review``: one module for each."""

from __future__ import annotations

import typer

from sar_models.cli.review.decide import accept, needs_fix, reject, undo
from sar_models.cli.review.exchange import export, import_
from sar_models.cli.review.listing import list_
from sar_models.cli.review.report import report
from sar_models.cli.review.verify import verify

app = typer.Typer(
    help="Review alignments: what to look at first, and what was decided.", no_args_is_help=True
)
app.command("list")(list_)
app.command("accept")(accept)
app.command("reject")(reject)
app.command("needs-fix")(needs_fix)
app.command("undo")(undo)
app.command("export")(export)
app.command("import")(import_)
app.command("verify")(verify)
app.command("report")(report)
