"""``sar-align points``: a table of points through an alignment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sar_models.cli.console import print_json, stdout
from sar_models.cli.directions import FrameOption, InverseOption
from sar_models.cli.exit_codes import ExitCode
from sar_models.cli.options import AlignmentFolder, JsonOption, OverwriteFile
from sar_models.cli.outputs import check_file_output
from sar_models.domain.alignment import Status
from sar_models.domain.transfer import PointTransfer
from sar_models.stores.alignment_folder import read_alignment
from sar_models.stores.points import map_points_csv

_PLACED = (Status.MAPPED, Status.GLASS)


def points(
    alignment_dir: AlignmentFolder,
    in_csv: Annotated[Path, typer.Argument(help="Table with the columns x,y.")],
    out_csv: Annotated[Path, typer.Argument(help="Table to write: x,y,status,fragment,sigma.")],
    inverse: InverseOption = False,
    frame: FrameOption = "file",
    overwrite: OverwriteFile = False,
    json_: JsonOption = False,
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
