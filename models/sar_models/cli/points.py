"""``sar-align points``: a table of points through an alignment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sar_models.cli.console import print_json, stdout
from sar_models.cli.exit_codes import ExitCode
from sar_models.cli.outputs import check_file_output
from sar_models.domain.alignment import Status
from sar_models.domain.slides import FrameKind
from sar_models.domain.transfer import PointTransfer
from sar_models.stores.alignment_folder import read_alignment
from sar_models.stores.points import map_points_csv

_PLACED = (Status.MAPPED, Status.GLASS)


def points(
    alignment_dir: Annotated[Path, typer.Argument(help="Folder that `sar-align align` wrote.")],
    in_csv: Annotated[Path, typer.Argument(help="Table with the columns x,y.")],
    out_csv: Annotated[Path, typer.Argument(help="Table to write: x,y,status,fragment,sigma.")],
    inverse: Annotated[
        bool, typer.Option("--inverse", help="From the target slide to the source slide.")
    ] = False,
    frame: Annotated[
        FrameKind, typer.Option(help="Whose level-0 pixels the coordinates are, in and out.")
    ] = "file",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing file.")
    ] = False,
    json_: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on the last line of stdout.")
    ] = False,
) -> None:
    """Map points to the other slide; x and y stay empty where there is no counterpart.

    Exit code 0: all points have a counterpart; 3: some have; 4: none has;
    2: wrong input, nothing written; 5: the file cannot be written.
    """
    check_file_output(out_csv, overwrite=overwrite)
    alignment = read_alignment(alignment_dir)
    transfer = PointTransfer(alignment, "inverse" if inverse else "forward", frame)
    counts = map_points_csv(in_csv, out_csv, transfer)
    told = {status.value: count for status, count in counts.items() if count}
    if json_:
        print_json({"out": str(out_csv), "counts": told})
    else:
        listed = ", ".join(f"{count} {status}" for status, count in told.items())
        stdout.print(f"{listed or 'no points'} → {out_csv}", markup=False, soft_wrap=True)
    placed = sum(counts[status] for status in _PLACED)
    if placed < sum(counts.values()):
        raise typer.Exit(ExitCode.PARTIAL if placed else ExitCode.NO_ALIGNMENT)
