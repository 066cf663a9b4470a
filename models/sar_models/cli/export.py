"""``sar-align export``: the transform in the formats of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sar_models.cli.console import print_json, stdout
from sar_models.cli.options import AlignmentFolder, JsonOption
from sar_models.domain.slides import FrameKind
from sar_models.exports import ExportOptions, FormatName, Units, export_alignment
from sar_models.stores.alignment_folder import read_alignment

if TYPE_CHECKING:
    from sar_models.exports import Exported


def export(
    alignment_dir: AlignmentFolder,
    out: Annotated[
        Path,
        typer.Argument(
            help="File to write: .h5 or .tfm (itk), .ome.zarr (ngff), .json (warpy), .csv "
            "(bigwarp), .txt (qupath), .npz (field). Without an ending: a folder, one file per "
            "piece of tissue."
        ),
    ],
    format_: Annotated[FormatName, typer.Option("--format", "-f", help="Who shall read it.")],
    fragment: Annotated[
        str | None, typer.Option(help="Write this piece alone: its id, or its number from 1.")
    ] = None,
    inverse: Annotated[
        bool,
        typer.Option("--inverse", help="Exchange the slides: carry the target onto the source."),
    ] = False,
    units: Annotated[
        Units | None,
        typer.Option(
            help="Units in the file. Default: mm for itk, um for ngff and bigwarp, px for the rest."
        ),
    ] = None,
    frame: Annotated[
        FrameKind | None,
        typer.Option(
            help="Whose level-0 pixels are meant. Default: qupath for warpy and qupath, else file."
        ),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(
            help="Largest error that the format may add over tissue, level-0 pixels. "
            "Default: a tenth of the expected error, at least 0.5."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier export.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Write the transform for other programs; direction, frames, units and error beside it.

    Exit code 0: written; 2: cannot be written so, or wrong input; 4: the alignment failed or is
    ambiguous, there is no transform; 5: the file cannot be written. Nothing is written unless 0.
    """
    options = ExportOptions(fragment, inverse, units, frame, tolerance)
    alignment = read_alignment(alignment_dir)
    exported = export_alignment(alignment, out, format_, options, overwrite=overwrite)
    if json_:
        print_json({"out": str(out), "format": format_, "files": [_record(e) for e in exported]})
        return
    for line in _told(exported, out):
        stdout.print(line, markup=False, highlight=False, soft_wrap=True)


def _record(exported: Exported) -> dict[str, Any]:
    """Return what ``--json`` says of one file; outlines stay in the statement beside it."""
    told = ("direction", "maps", "use", "loses", "from", "to", "error_over_tissue", "alignment")
    return {
        "path": str(exported.path),
        "pieces": list(exported.pieces),
        **{name: exported.about[name] for name in told},
    }


def _told(exported: tuple[Exported, ...], out: Path) -> list[str]:
    about, stated = exported[0].about, exported[0].stated_in
    aligned = about["alignment"]
    return [
        f"{about['format']} → {out}",
        f"  maps {about['maps']}",
        f"  alignment: {aligned['outcome']}, risk {aligned['risk']:.2f}",
        *(f"  {_counted(about[side], name)}" for side, name in (("from", "in"), ("to", "out"))),
        *(f"  {_error(one)}" for one in exported),
        f"  lost: {about['loses']}",
        f"  read by {about['read_by']}. {about['use']}",
        f"  all this, and the outlines: {stated}",
    ]


def _counted(side: dict[str, Any], name: str) -> str:
    width, height = side["size_px"]
    dx, dy = side["pixel_extent"]
    extent = "" if side["units"] == "px" else f", a pixel is {dx:.6g} x {dy:.6g} {side['units']}"
    return (
        f"{name}: {side['units']}, (0, 0) is the {side['zero_is']}, frame {side['frame']} of "
        f"{width} x {height} pixels{extent}"
    )


def _error(one: Exported) -> str:
    """Say what the format added over tissue."""
    found = one.accuracy
    told = f"{', '.join(one.pieces)}: "
    if found.exact:
        told += f"exact ({found.kind})"
    else:
        um = "" if found.max_um is None else f" ({found.p95_um:.3g} and {found.max_um:.3g} µm)"
        told += (
            f"{found.kind}, 95 % of the tissue within {found.p95_px:.2g} px of the alignment, "
            f"all within {found.max_px:.2g} px{um}; accepted {one.tolerance_px:.2g} px"
        )
    error = one.about["error_over_tissue"]
    if "lost_share" in error:
        told += (
            f"; no value for {error['lost_share']:.1%} of tissue with a counterpart, a value for "
            f"{error['leaked_share']:.1%} of tissue without"
        )
    return told
