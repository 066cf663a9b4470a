"""``sar-align omero align``: two images of a server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from sar_models.cli.arguments import parse_bytes
from sar_models.cli.console import print_json, stage_progress, stdout
from sar_models.cli.exit_codes import exit_code_of
from sar_models.cli.options import JsonOption
from sar_models.stores.alignment_folder import check_output
from sar_omero.cli.shared import CaOption, InsecureOption, common_server, server_of


def align(
    source: Annotated[str, typer.Argument(help="omero://HOST:PORT/image/ID to align.")],
    target: Annotated[str, typer.Argument(help="omero://HOST:PORT/image/ID to align it to.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Alignment folder to write.")],
    mode: Annotated[
        Literal["auto", "intact", "fragments"], typer.Option(help="As for `sar-align align`.")
    ] = "auto",
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="Where to compute.")
    ] = "auto",
    memory: Annotated[str, typer.Option(help="Memory budget.")] = "4GB",
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing alignment folder.")
    ] = False,
    ca: CaOption = None,
    insecure: InsecureOption = False,
    json_: JsonOption = False,
) -> None:
    """Align two images of a server; nothing is pushed.

    The permission to annotate both is checked before any work is done.

    Exit code 0: aligned; 3: partial or ambiguous; 4: no alignment found; 2: wrong input; 5: the
    server or the folder refuses.
    """
    memory_bytes = parse_bytes(memory)
    server = common_server([source, target])
    check_output(out, overwrite=overwrite)
    with server_of(server, ca=ca, insecure=insecure) as store:
        store.answer("check_allowed", {"slides": [source, target]})
        # Only here: torch takes seconds to import.
        from sar_models.engine import AlignOptions
        from sar_models.jobs.pair import run_open_pair

        options = AlignOptions(mode=mode, device=device, memory_bytes=memory_bytes, seed=seed)
        with (
            stage_progress("align") as progress,
            store.open(source) as source_slide,
            store.open(target) as target_slide,
        ):
            run = run_open_pair(
                source_slide, target_slide, out, options, progress, overwrite=overwrite
            )
    alignment = run.alignment
    if json_:
        print_json(
            {
                "outcome": alignment.outcome.value,
                "risk": round(alignment.risk.score, 4),
                "reasons": [reason.text for reason in alignment.risk.reasons],
                "request_id": alignment.request_id,
                "out": str(out),
            }
        )
    else:
        words = f"{alignment.outcome.value}, risk {alignment.risk.score:.2f} → {out}"
        stdout.print(words, markup=False, highlight=False, soft_wrap=True)
        stdout.print(f"  push it with: sar-align omero push {out}", markup=False, soft_wrap=True)
    raise typer.Exit(exit_code_of(alignment.outcome))
