"""Arguments and options that several commands take alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sar_models.domain.slides import FrameKind

AlignmentFolder = Annotated[Path, typer.Argument(help="Folder that `sar-align align` wrote.")]
InverseOption = Annotated[
    bool, typer.Option("--inverse", help="From the target slide to the source slide.")
]
FrameOption = Annotated[
    FrameKind, typer.Option(help="Whose level-0 pixels the coordinates are, in and out.")
]
OverwriteFile = Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on the last line of stdout.")
]
