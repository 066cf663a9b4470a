"""``sar-align align``: two slide files in, an alignment folder out."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sar_models.cli.arguments import parse_bytes, parse_mpp, parse_region
from sar_models.cli.console import print_json, stage_progress, stdout
from sar_models.cli.exit_codes import exit_code_of
from sar_models.cli.options import JsonOption
from sar_models.cli.summary import alignment_summary
from sar_models.stores.alignment_folder import check_output

if TYPE_CHECKING:
    from sar_models.jobs import PairRun


def align(
    out: Annotated[Path, typer.Option("--out", "-o", help="Alignment folder to write.")],
    source: Annotated[
        Path | None,
        typer.Argument(help="Slide to align (its annotations will move); else --parent's."),
    ] = None,
    target: Annotated[
        Path | None, typer.Argument(help="Slide to align to; else --parent's.")
    ] = None,
    mode: Annotated[
        Literal["auto", "intact", "fragments"],
        typer.Option(
            help="intact: one smooth map for all tissue; fragments: one for each piece of torn "
            "tissue; auto: decide by the tissue."
        ),
    ] = "auto",
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="Where to compute.")
    ] = "auto",
    memory: Annotated[
        str, typer.Option(help="Memory budget; peak memory follows it, not the slide.")
    ] = "4GB",
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    source_mpp: Annotated[
        str | None, typer.Option(help="µm per level-0 pixel, if the file lacks it: 0.25 or x,y.")
    ] = None,
    target_mpp: Annotated[str | None, typer.Option(help="The same for the target.")] = None,
    source_roi: Annotated[
        str | None, typer.Option(help="Use only this part: x,y,width,height in level-0 pixels.")
    ] = None,
    target_roi: Annotated[
        str | None, typer.Option(help="The same for the target; settles an ambiguous pair.")
    ] = None,
    source_series: Annotated[
        int | None, typer.Option(help="Which image of a file with several, from 0.")
    ] = None,
    target_series: Annotated[int | None, typer.Option(help="The same for the target.")] = None,
    landmarks: Annotated[
        Path | None,
        typer.Option(
            help="CSV with source_x, source_y, target_x, target_y: points to keep fixed, on tissue "
            "that is aligned as one, or on --fragment."
        ),
    ] = None,
    parent: Annotated[
        Path | None, typer.Option(help="Alignment folder that this one corrects.")
    ] = None,
    fragment: Annotated[
        str | None,
        typer.Option(
            help="Align only this fragment of --parent anew, by --landmarks: its name or number; "
            "new: tissue that was left without a counterpart."
        ),
    ] = None,
    no_counterpart: Annotated[
        bool, typer.Option("--no-counterpart", help="The --fragment is not on the target.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier alignment folder.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Align two slides; write transform, report and pictures.

    With --parent and --fragment one fragment of an earlier alignment is corrected; the rest stays.

    Exit code 0: aligned; 3: partial, ambiguous or low confidence;
    4: no alignment found, the folder says why; 2: wrong input, nothing written;
    5: the folder cannot be written.
    """
    check_output(out, overwrite=overwrite)
    # Only here: torch takes seconds to import, which `points` and `--help` need not wait for.
    from sar_models.cli.correcting import correction_asked, slides_asked
    from sar_models.engine import AlignOptions
    from sar_models.jobs import run_pair
    from sar_models.stores.alignment_folder import read_alignment
    from sar_models.stores.landmarks import read_landmarks

    before = None if parent is None else read_alignment(parent)
    refs = slides_asked(source, target, before)
    points = None if landmarks is None else read_landmarks(landmarks)
    options = AlignOptions(
        mode=mode,
        device=device,
        memory_bytes=parse_bytes(memory),
        seed=seed,
        source_mpp=parse_mpp(source_mpp),
        target_mpp=parse_mpp(target_mpp),
        source_roi=parse_region(source_roi),
        target_roi=parse_region(target_roi),
        landmarks=None if fragment is not None else points,
        parent=None if before is None else before.content_sha256,
    )
    if fragment is not None or no_counterpart:
        options = correction_asked(options, before, fragment, points, gone=no_counterpart)
    started = time.perf_counter()
    with stage_progress("align") as progress:
        run = run_pair(
            refs[0] if source_series is None else replace(refs[0], series=source_series),
            refs[1] if target_series is None else replace(refs[1], series=target_series),
            out,
            options,
            progress,
            parent=before,
            overwrite=overwrite,
        )
    report(run, time.perf_counter() - started, as_json=json_)
    raise typer.Exit(exit_code_of(run.alignment.outcome))


def report(run: PairRun, seconds: float, *, as_json: bool) -> None:
    """Tell people, or programs, how a pair ended."""
    if as_json:
        print_json(json_summary(run, seconds))
    else:
        stdout.print(alignment_summary(run.alignment, run.folder), soft_wrap=True)


def json_summary(run: PairRun, seconds: float) -> dict[str, Any]:
    """Return what ``--json`` prints."""
    from sar_models.jobs import cpu_seconds, peak_memory_mb

    return {
        **run.to_values(),
        "request_id": run.alignment.request_id,
        "out": str(run.folder),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds(), 2),
        "peak_memory_mb": round(peak_memory_mb(), 1),
    }
