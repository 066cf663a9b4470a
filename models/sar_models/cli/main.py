"""The command ``sar-align``: one module per command, errors and exit codes in one place."""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated

import typer

from sar_models.__about__ import __version__
from sar_models.cli import (
    align,
    batch,
    benchmark,
    demo,
    doctor,
    export,
    points,
    restain,
    review,
    serve,
    train,
    transfer,
)
from sar_models.cli.console import accept_all_text, stderr
from sar_models.cli.exit_codes import ExitCode
from sar_models.cli.interrupts import watching_ctrl_c
from sar_models.domain.errors import SarAlignError
from sar_models.stores.atomic import REFUSED

app = typer.Typer(
    name="sar-align",
    help="Align differently stained whole-slide images, and know where that cannot be done.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("align")(align.align)
app.command("points")(points.points)
app.command("transfer")(transfer.transfer)
app.command("restain")(restain.restain)
app.command("export")(export.export)
app.command("serve")(serve.serve)
app.command("doctor")(doctor.doctor)
app.add_typer(batch.app, name="batch")
app.add_typer(review.app, name="review")
app.add_typer(train.app, name="train")
app.add_typer(benchmark.app, name="benchmark")


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
