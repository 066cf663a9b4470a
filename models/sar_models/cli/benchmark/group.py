"""The group of commands ``sar-align benchmark``: one module for each."""

from __future__ import annotations

import typer

from sar_models.cli.benchmark.ablation import ablation
from sar_models.cli.benchmark.anchors import anchors
from sar_models.cli.benchmark.derived import derived
from sar_models.cli.benchmark.disentanglement import disentanglement
from sar_models.cli.benchmark.failures import failures
from sar_models.cli.benchmark.honesty import honesty
from sar_models.cli.benchmark.jobs import jobs
from sar_models.cli.benchmark.landmarks import landmarks
from sar_models.cli.benchmark.scale import scale
from sar_models.cli.benchmark.shift import shift
from sar_models.cli.benchmark.torn import torn

app = typer.Typer(
    help="Measure: accuracy, honesty, torn tissue, time, memory.", no_args_is_help=True
)
app.command()(landmarks)
app.command()(honesty)
app.command()(failures)
app.command()(derived)
app.command()(anchors)
app.command()(scale)
app.command()(torn)
app.command()(disentanglement)
app.command()(shift)
app.command()(ablation)
app.command()(jobs)
