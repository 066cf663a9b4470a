"""Arguments and options that several commands take alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AlignmentFolder = Annotated[Path, typer.Argument(help="Folder that `sar-align align` wrote.")]
OverwriteFile = Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on the last line of stdout.")
]
