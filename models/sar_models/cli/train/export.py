"""``sar-align train export``: the best network of a training as weights to ship."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from sar_models.cli.console import print_json, stdout
from sar_models.cli.options import JsonOption, OverwriteFile
from sar_models.cli.outputs import check_file_output
from sar_models.cli.train import anchored, scene


def export(
    training: Annotated[
        Path, typer.Argument(help="Folder that `sar-align train scene` or `anchored` wrote.")
    ],
    weights: Annotated[Path, typer.Argument(help="The .safetensors file to write.")],
    overwrite: OverwriteFile = False,
    ship: Annotated[
        bool, typer.Option("--ship", help="Enter the file into the manifest.json beside it too.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Write the best network of a training, with notes on how it was made."""
    from sar_models.engine.training.anchored.export import export_anchored, is_anchored
    from sar_models.engine.training.export import export_weights
    from sar_models.engine.training.manifest import enter_weights

    check_file_output(weights, overwrite=overwrite)
    if is_anchored(training):
        notes = export_anchored(training, weights)
        command = anchored.command_of(notes["recipe"])
    else:
        notes = export_weights(training, weights)
        command = scene.command_of(notes["recipe"], notes["data"])
    if ship:
        enter_weights(weights, notes, command)
    if json_:
        print_json({"weights": str(weights)} | notes)
        return
    megabytes = weights.stat().st_size / 1e6
    lines = (
        f"{weights}: {megabytes:.1f} MB, the network of step {notes['step']}",
        f"sha256 {notes['sha256']}",
    )
    stdout.print(Text("\n".join(lines)), soft_wrap=True)
