"""``sar-align transfer``: annotations of one slide onto the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape
from rich.table import Table

from sar_models.cli.console import print_json, stderr, stdout
from sar_models.cli.directions import FrameOption, InverseOption
from sar_models.cli.exit_codes import ExitCode
from sar_models.cli.options import AlignmentFolder, JsonOption, OverwriteFile
from sar_models.cli.outputs import check_file_output
from sar_models.domain.transfer import TransferOptions, Verdict
from sar_models.domain.transfer import transfer as transfer_annotations
from sar_models.stores.alignment_folder import read_alignment
from sar_models.stores.geojson import read_geojson, write_geojson

if TYPE_CHECKING:
    from sar_models.domain.transfer import TransferResult
    from sar_models.stores.geojson import Note

_SHOWN = 12
_NAMED = 3


def transfer(
    alignment_dir: AlignmentFolder,
    in_geojson: Annotated[Path, typer.Argument(help="Annotations of the source slide.")],
    out_geojson: Annotated[Path, typer.Argument(help="File to write for the target slide.")],
    inverse: InverseOption = False,
    frame: FrameOption = "file",
    section: Annotated[
        Literal["serial", "same"],
        typer.Option(help="same: one section restained; only then cells and detections move."),
    ] = "serial",
    keep_measurements: Annotated[
        bool,
        typer.Option(
            "--keep-measurements", help="Keep measurements of the other section, as `source:`."
        ),
    ] = False,
    overwrite: OverwriteFile = False,
    json_: JsonOption = False,
) -> None:
    """Transfer annotations (QuPath GeoJSON) to the other slide, and say what became of each.

    Exit code 0: all objects moved; 3: some did; 4: none did;
    2: wrong input, nothing written; 5: the file cannot be written.
    """
    check_file_output(out_geojson, overwrite=overwrite)
    options = TransferOptions(
        section=section,
        frame=frame,
        source_measurements="keep" if keep_measurements else "drop",
    )
    alignment = read_alignment(alignment_dir)
    read = read_geojson(in_geojson)
    direction: Literal["forward", "inverse"] = "inverse" if inverse else "forward"
    result = transfer_annotations(read.annotations, alignment, direction, options)
    notes = (*read.notes, *write_geojson(out_geojson, result.annotations))
    if json_:
        print_json(_record(result, notes, out_geojson))
    else:
        for note in notes:
            stderr.print(f"Note: {note}", markup=False, soft_wrap=True)
        counts = ", ".join(f"{count} {v.value}" for v, count in result.counts().items() if count)
        stdout.print(f"{counts or 'no objects'} → {out_geojson}", markup=False, soft_wrap=True)
        _print_problems(result)
    raise typer.Exit(_exit_code(result))


def _exit_code(result: TransferResult) -> ExitCode:
    """Return 0 when all objects moved, 3 when some did, 4 when none of several did."""
    whole = (Verdict.MAPPED, Verdict.BELOW_RESOLUTION)
    if all(report.verdict in whole for report in result.reports):
        return ExitCode.OK
    return ExitCode.PARTIAL if result.annotations else ExitCode.NO_ALIGNMENT


def _record(result: TransferResult, notes: tuple[Note, ...], out: Path) -> dict[str, object]:
    return {
        "out": str(out),
        "counts": {verdict.value: count for verdict, count in result.counts().items()},
        "objects": [
            {
                "id": str(report.id),
                "name": report.name,
                "verdict": report.verdict.value,
                "reason": report.reason,
            }
            for report in result.reports
        ],
        "notes": [str(note) for note in notes],
    }


def _print_problems(result: TransferResult) -> None:
    """List the objects that did not simply map, those of one fate together."""
    problems = [report for report in result.reports if report.verdict is not Verdict.MAPPED]
    if not problems:
        return
    table = Table(box=None)
    for column in ("object", "verdict", "why"):
        table.add_column(column, overflow="fold")
    alike: dict[tuple[str, str], list[str]] = {}
    for report in problems:
        named = alike.setdefault((report.verdict.value, report.reason), [])
        named.append(report.name or str(report.id))
    for (verdict, reason), names in list(alike.items())[:_SHOWN]:
        listed = ", ".join(names[:_NAMED])
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        table.add_row(*map(escape, (listed + more, verdict, reason)))
    stdout.print(table)
    if len(alike) > _SHOWN:
        stdout.print("... and others; --json lists all.")
