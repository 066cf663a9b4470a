"""The group of commands ``sar-align train``: one module for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import typer

from sar_models.cli.lazy import Deferred, LazyGroup

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Train(LazyGroup):
    """Weights that ship."""

    deferred: ClassVar[Mapping[str, Deferred]] = {
        "scene": Deferred(
            "sar_models.cli.train.scene:scene",
            "Train the network that tells tissue apart from its stain.",
        ),
        "anchored": Deferred(
            "sar_models.cli.train.anchored:anchored",
            "Train what finds places by paired anchors; it needs no pictures, and no data.",
        ),
        "export": Deferred(
            "sar_models.cli.train.export:export",
            "Write the best network of a training, with notes on how it was made.",
        ),
    }


app = typer.Typer(
    cls=_Train,
    help="Train the networks that sar-align ships.",
    no_args_is_help=True,
)
