"""The group of commands ``sar-align batch``: one module for each."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import typer

from sar_models.cli.lazy import Deferred, LazyGroup

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_HELP = ("-h", "--help")


class _Batch(LazyGroup):
    """``batch FOLDER ...`` is ``batch run FOLDER ...``."""

    deferred: ClassVar[Mapping[str, Deferred]] = {
        "run": Deferred(
            "sar_models.cli.batch.run:run",
            "Align many pairs; the same command goes on where it was stopped.",
        ),
        "status": Deferred(
            "sar_models.cli.batch.status:status",
            "Tell how many pairs are done, which are running, and what failed.",
        ),
        "retry": Deferred(
            "sar_models.cli.batch.change:retry",
            "Queue again what failed or was cancelled; the same `batch` command then works on it.",
        ),
        "cancel": Deferred(
            "sar_models.cli.batch.change:cancel",
            "Stop pairs that wait or run; what is done stays.",
        ),
        "summary": Deferred(
            "sar_models.cli.batch.summary:summary",
            "Write summary.html, summary.csv and summary.json, also while a batch is running.",
        ),
    }

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in _HELP:
            if meant := _misspelt(args[0], self.commands):
                ctx.fail(f"{args[0]!r} is no folder and no command. Did you mean {meant!r}?")
            args = ["run", *args]
        return super().parse_args(ctx, args)


def _misspelt(word: str, commands: Iterable[str]) -> str | None:
    """Return the command that somebody meant who wrote what is neither one nor a folder."""
    if Path(word).exists():
        return None
    return next(iter(get_close_matches(word, commands, n=1)), None)


app = typer.Typer(
    cls=_Batch,
    help="Align many pairs: the same command goes on where it was stopped. `batch FOLDER ...` is "
    "short for `batch run FOLDER ...`.",
    no_args_is_help=True,
)
