"""``sar-align review report``: progress, decisions and disagreements as one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sar_models.cli.console import print_json, stdout
from sar_models.cli.options import JsonOption, OverwriteFile
from sar_models.cli.outputs import check_file_output
from sar_models.cli.review.shared import ReviewFolder, open_log


def report(
    folder: ReviewFolder,
    out: Annotated[Path, typer.Argument(help="HTML file to write.")],
    overwrite: OverwriteFile = False,
    json_: JsonOption = False,
) -> None:
    """Write a page that tells progress, decisions, disagreements, and how reviewers agree.

    It needs nothing else and loads nothing. Exit code 0: written; 2: wrong input;
    5: it cannot be written.
    """
    from sar_models.report.reviews import ReviewMaterial, render_reviews
    from sar_models.stores.atomic import atomic_file

    log = open_log(folder)
    check_file_output(out, overwrite=overwrite)
    material = ReviewMaterial(folder.resolve().name, log.queue(), log.events(), log.verify())
    page = render_reviews(material)
    with atomic_file(out) as partial:
        partial.write_text(page, encoding="utf-8")
    reviewed = sum(bool(entry.reviews) for entry in material.entries)
    if json_:
        print_json({"out": str(out), "alignments": len(material.entries), "reviewed": reviewed})
    else:
        stdout.print(
            f"{reviewed} of {len(material.entries)} alignments reviewed → {out}",
            markup=False,
            soft_wrap=True,
        )
