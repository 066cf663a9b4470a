"""The command ``sar-align``: one module per command, errors and exit codes in one place."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from sar_models.__about__ import __version__
from sar_models.cli.console import accept_all_text, stderr
from sar_models.cli.exit_codes import ExitCode
from sar_models.cli.interrupts import watching_ctrl_c
from sar_models.cli.lazy import Deferred, LazyGroup
from sar_models.domain.errors import SarAlignError
from sar_models.stores.atomic import REFUSED

if TYPE_CHECKING:
    from collections.abc import Mapping


class _SarAlign(LazyGroup):
    """Every command and group; another one is another line here."""

    deferred: ClassVar[Mapping[str, Deferred]] = {
        "demo": Deferred(
            "sar_models.cli.demo:demo",
            "Generate two stained sections, one torn, align them, transfer annotations, compare.",
        ),
        "align": Deferred(
            "sar_models.cli.align:align",
            "Align two slides; write transform, report and pictures.",
        ),
        "points": Deferred(
            "sar_models.cli.points:points",
            "Map points to the other slide; x and y stay empty where there is no counterpart.",
        ),
        "transfer": Deferred(
            "sar_models.cli.transfer:transfer",
            "Transfer annotations (QuPath GeoJSON) to the other slide, and say what became of "
            "each.",
        ),
        "restain": Deferred(
            "sar_models.cli.restain:restain",
            "Show a slide as it would look under the stain of another; they need not be aligned.",
        ),
        "export": Deferred(
            "sar_models.cli.export:export",
            "Write the transform for other programs; direction, frames, units and error beside it.",
        ),
        "serve": Deferred(
            "sar_models.cli.serve:serve",
            "Serve plugins over HTTP on 127.0.0.1 until Ctrl-C.",
        ),
        "doctor": Deferred(
            "sar_models.cli.doctor:doctor",
            "Check the installation: what works, what is missing, what to do.",
        ),
        "batch": Deferred(
            "sar_models.cli.batch:app",
            "Align many pairs: the same command goes on where it was stopped. `batch FOLDER ...` "
            "is short for `batch run FOLDER ...`.",
        ),
        "review": Deferred(
            "sar_models.cli.review:app",
            "Review alignments: what to look at first, and what was decided.",
        ),
        "omero": Deferred(
            "sar_omero.cli:app",
            "OMERO: align the slides of a server, push results, sync a dataset every night.",
        ),
        "qupath": Deferred(
            "sar_qupath.cli:app",
            "QuPath projects: align their images, bring annotations over, take them back.",
        ),
        "train": Deferred(
            "sar_models.cli.train:app",
            "Train the networks that sar-align ships.",
        ),
        "benchmark": Deferred(
            "sar_models.cli.benchmark:app",
            "Measure: accuracy, honesty, torn tissue, time, memory.",
        ),
    }


app = typer.Typer(
    name="sar-align",
    cls=_SarAlign,
    help="Align differently stained whole-slide images, and know where that cannot be done.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(value: bool) -> None:
    if value:
        print(f"sar-align {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log what is done, to stderr.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    # Readers complain about harmless oddities of files; our own checks tell what matters.
    for noisy in ("tifffile", "tiffslide", "PIL"):
        logging.getLogger(noisy).propagate = verbose
        logging.getLogger(noisy).addHandler(logging.NullHandler())


def main() -> None:
    """Run the command line; every error ends in one message and its exit code."""
    # Before torch comes in: idle threads that spin slow everything else on the machine down.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    accept_all_text()
    with watching_ctrl_c() as ctrl_c:
        try:
            app()
        except SystemExit as exc:
            # typer turns Ctrl-C into this exit code, without a word.
            if exc.code == ExitCode.INTERRUPTED:
                _print_interrupted()
            raise
        except Exception as exc:  # noqa: BLE001 - process edge: all ends in a message and a code
            if ctrl_c.pressed:
                _print_interrupted()
                sys.exit(ExitCode.INTERRUPTED)
            sys.exit(_told(exc))


def _told(exc: Exception) -> int:
    """Tell the user what went wrong; return the exit code."""
    if isinstance(exc, SarAlignError):
        stderr.print(f"[bold red]Error:[/] {_escaped(exc)}", soft_wrap=True, highlight=False)
        return exc.exit_code
    if isinstance(exc, OSError) and exc.errno in REFUSED:
        _print_refusal(exc)
        return ExitCode.STORE
    logging.getLogger("sar_align").error("internal error", exc_info=exc)
    stderr.print(
        f"[bold red]Internal error:[/] {_escaped(exc)}. This is a bug in sar-align: please "
        "report it with the traceback above.",
        soft_wrap=True,
        highlight=False,
    )
    return ExitCode.INTERNAL


def _print_interrupted() -> None:
    stderr.print("Interrupted; nothing half-written was left behind.", soft_wrap=True)


def _print_refusal(exc: OSError) -> None:
    where = f": {exc.filename!r}" if exc.filename else ""
    stderr.print(
        f"[bold red]Error:[/] {exc.strerror}{_escaped(where)}. Check permissions, and that the "
        "disk has space.",
        soft_wrap=True,
        highlight=False,
    )


def _escaped(text: object) -> str:
    """Keep square brackets in file names from being read as markup."""
    return str(text).replace("[", r"\[")


if __name__ == "__main__":
    main()
