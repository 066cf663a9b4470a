"""``sar-align serve``: a backend for plugins on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from sar_models.cli.console import print_json, stderr, stdout
from sar_models.cli.options import JsonOption


def serve(
    root: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder below which clients may name slides and alignments; may be given "
            "several times."
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = 0,
    workers: Annotated[
        int, typer.Option(min=0, help="Alignments at the same time; 0 only queues them.")
    ] = 1,
    state: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the queue and the results. [default: `service` in the user's state "
            "folder]"
        ),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Serve plugins over HTTP on 127.0.0.1 until Ctrl-C.

    Programs of the same user find port and token in a file that only this user can read; its name
    is printed, the token is not. What is queued stays queued, and the next start goes on with it.

    Exit code 0: ended by Ctrl-C or SIGTERM; 2: wrong input; 5: the port or a folder cannot be used.
    """
    from sar_models.service import ServiceOptions
    from sar_models.service.extras import check_extra

    check_extra()
    from sar_models.service.server import serve as run
    from sar_models.service.server_file import state_folder

    options = ServiceOptions(
        state=state or state_folder() / "service",
        roots=tuple(root or ()),
        port=port,
        workers=workers,
    )
    if not options.roots:
        stderr.print("No --root: clients can name no slides.", soft_wrap=True)

    def started(port: int, file: Path) -> None:
        url = f"http://127.0.0.1:{port}"
        if json_:
            told = {"url": url, "port": port, "pid": os.getpid(), "server_file": str(file)}
            print_json(told)
        else:
            lines = (f"Serving on {url}", f"Token in {file}", "Ctrl-C ends it.")
            stdout.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
        stdout.file.flush()

    run(options, started)
