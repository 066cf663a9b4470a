"""Options of the commands that carry something through an alignment."""

from __future__ import annotations

from typing import Annotated

import typer

from sar_models.domain.slides import FrameKind

InverseOption = Annotated[
    bool, typer.Option("--inverse", help="From the target slide to the source slide.")
]
FrameOption = Annotated[
    FrameKind, typer.Option(help="Whose level-0 pixels the coordinates are, in and out.")
]
