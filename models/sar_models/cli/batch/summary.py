"""``sar-align batch summary``: the summary of a batch as it stands."""

from __future__ import annotations

from rich.markup import escape

from sar_models.cli.batch.shared import OutFolder, QueueOption, open_batch
from sar_models.cli.console import print_json, stdout
from sar_models.cli.options import JsonOption


def summary(out: OutFolder, queue: QueueOption = None, json_: JsonOption = False) -> None:
    """Write summary.html, summary.csv and summary.json, also while a batch is running."""
    # Only here: pictures bring libraries that `status` need not wait for.
    from sar_models.jobs.summary import write_summary

    with open_batch(out, queue) as opened:
        written = write_summary(opened)
    if json_:
        print_json({"outcomes": written.outcomes, "summary": str(written.page)})
    else:
        stdout.print(f"summary: {escape(str(written.page))}", soft_wrap=True)
