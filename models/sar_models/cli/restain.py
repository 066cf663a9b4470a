"""``sar-align restain``: a slide as it would look under the stain of another."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.text import Text

from sar_models.cli.arguments import parse_bytes, parse_mpp, parse_region
from sar_models.cli.console import print_json, stage_progress, stdout
from sar_models.cli.options import JsonOption, OverwriteFile
from sar_models.cli.outputs import check_file_output
from sar_models.domain.errors import OptionError

_SUFFIX = ".png"


def restain(
    source: Annotated[Path, typer.Argument(help="Slide whose structures are shown.")],
    target: Annotated[Path, typer.Argument(help="Slide whose stain they are shown under.")],
    out: Annotated[Path, typer.Argument(help="The .png file to write.")],
    size: Annotated[
        int, typer.Option(min=256, max=8192, help="Long side of the picture, pixels.")
    ] = 1500,
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="Where to compute.")
    ] = "auto",
    memory: Annotated[
        str, typer.Option(help="Memory budget; a picture that is too large for it gets smaller.")
    ] = "4GB",
    source_mpp: Annotated[
        str | None, typer.Option(help="µm per level-0 pixel, if the file lacks it: 0.25 or x,y.")
    ] = None,
    target_mpp: Annotated[str | None, typer.Option(help="The same for the target.")] = None,
    source_roi: Annotated[
        str | None, typer.Option(help="Show only this part: x,y,width,height in level-0 pixels.")
    ] = None,
    target_roi: Annotated[
        str | None, typer.Option(help="Take the stain from this part of the target.")
    ] = None,
    overwrite: OverwriteFile = False,
    json_: JsonOption = False,
) -> None:
    """Show a slide as it would look under the stain of another; they need not be aligned.

    Every structure stays where it is; dyes, light and glass are the target's. To look at and to
    compare with, not to diagnose: which cells take up a marker is guessed.
    """
    if out.suffix.lower() != _SUFFIX:
        raise OptionError(f"The output {str(out)!r} is no {_SUFFIX}", remedy="Give it that ending.")
    check_file_output(out, overwrite=overwrite)
    from sar_models.engine import AlignOptions
    from sar_models.jobs import restain_slide

    options = AlignOptions(
        device=device,
        memory_bytes=parse_bytes(memory),
        working_size_px=size,
        source_mpp=parse_mpp(source_mpp),
        target_mpp=parse_mpp(target_mpp),
        source_roi=parse_region(source_roi),
        target_roi=parse_region(target_roi),
    )
    started = time.perf_counter()
    with stage_progress("restain") as progress:
        picture = restain_slide(source, target, out, options, progress)
    seconds = time.perf_counter() - started
    if json_:
        print_json(
            {
                "out": str(out),
                "width": picture.size.width,
                "height": picture.size.height,
                "slide_from_picture": picture.slide_from_picture.matrix.tolist(),
                "seconds": round(seconds, 2),
            }
        )
        return
    told = f"{out}: {picture.size.width} x {picture.size.height} pixels, {seconds:.0f} s"
    stdout.print(Text(told), soft_wrap=True)
