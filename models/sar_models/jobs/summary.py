"""The summary of a queue: a page to look at, a table, and JSON for programs."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sar_models.__about__ import __version__
from sar_models.jobs.job import Job, State
from sar_models.report.batch import BatchItem, render_batch, urgency
from sar_models.report.redact import plain
from sar_models.report.thumbnail import thumbnail
from sar_models.stores.atomic import atomic_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sar_models.jobs.layout import Layout
    from sar_models.jobs.queue import Queue

HTML_NAME = "summary.html"
CSV_NAME = "summary.csv"
JSON_NAME = "summary.json"
_VERSION = 1
_THUMBNAILS = 500
"""More would make a page that no browser shows quickly; the riskiest have them."""
_OUTCOMES = {
    State.FAILED: "error",
    State.CANCELLED: "cancelled",
    State.QUEUED: "open",
    State.RUNNING: "open",
}


@dataclass(frozen=True)
class Summary:
    """What became of a batch.

    Parameters
    ----------
    outcomes : mapping of str to int
        Pairs by outcome of their alignment, or ``error``, ``cancelled``, ``open``.
    page, table, record : Path
        What was written.
    """

    outcomes: dict[str, int]
    page: Path
    table: Path
    record: Path


@dataclass(frozen=True)
class _Line:
    """A pair in the table and in JSON."""

    source: str
    target: str
    outcome: str
    risk: float | None
    reasons: tuple[str, ...]
    folder: str
    request_id: str
    content_sha256: str
    mode: str
    seed: int | None
    attempts: int
    seconds: float | None


def write_summary(queue: Queue) -> Summary:
    """Write ``summary.html``, ``summary.csv`` and ``summary.json`` of all pairs of a queue.

    Raises
    ------
    StoreError
        If they cannot be written.
    """
    layout = queue.layout
    jobs = sorted((job for _, job in _entries(queue)), key=lambda job: urgency(_item(job)))
    items = [_shown(layout, job, count < _THUMBNAILS) for count, job in enumerate(jobs)]
    lines = [_line(layout, job) for job in jobs]
    paths = [layout.out / name for name in (HTML_NAME, CSV_NAME, JSON_NAME)]
    created = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    texts = (render_batch(layout.out.resolve().name, items, created), _csv(lines), _json(lines))
    for path, text in zip(paths, texts, strict=True):
        with atomic_file(path) as partial:
            partial.write_text(text, encoding="utf-8", newline="")
    return Summary(outcomes_of(jobs), *paths)


def outcomes_of(jobs: Sequence[Job]) -> dict[str, int]:
    """Return how many jobs ended how."""
    found: dict[str, int] = {}
    for job in jobs:
        outcome = _outcome(job)
        found[outcome] = found.get(outcome, 0) + 1
    return found


def _entries(queue: Queue) -> Iterator[tuple[str, Job]]:
    after = ""
    while page := queue.entries(after):
        yield from page
        after = page[-1][0]


def _outcome(job: Job) -> str:
    return _OUTCOMES.get(job.state) or str((job.result or {}).get("outcome", "error"))


def _names(job: Job) -> tuple[str, str]:
    source, _, target = job.title.partition(" → ")
    return source, target


def _item(job: Job) -> BatchItem:
    result: dict[str, Any] = dict(job.result or {})
    reasons = (job.reason,) if job.reason else ()
    return BatchItem(
        *_names(job),
        outcome=_outcome(job),
        risk=result.get("risk"),
        reasons=tuple(result.get("reasons", reasons)) or reasons,
        seconds=result.get("seconds"),
    )


def _shown(layout: Layout, job: Job, with_picture: bool) -> BatchItem:
    item, folder = _item(job), layout.results / job.folder
    if job.result is None or not folder.is_dir():
        return item
    report = f"{quote(layout.results.name)}/{quote(job.folder)}/report.html"
    return replace(item, report=report, thumbnail=thumbnail(folder) if with_picture else "")


def _line(layout: Layout, job: Job) -> _Line:
    result: dict[str, Any] = dict(job.result or {})
    options = job.values.get("options", {})
    item = _item(job)
    return _Line(
        source=item.source,
        target=item.target,
        outcome=item.outcome,
        risk=item.risk,
        reasons=tuple(plain(reason) for reason in item.reasons),
        folder=f"{layout.results.name}/{job.folder}" if job.result is not None else "",
        request_id=job.id,
        content_sha256=str(result.get("content_sha256", "")),
        mode=str(options.get("mode", "")),
        seed=options.get("seed"),
        attempts=job.attempt,
        seconds=item.seconds,
    )


def _csv(lines: Sequence[_Line]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(_Line.__dataclass_fields__), lineterminator="\n")
    writer.writeheader()
    for line in lines:
        writer.writerow(asdict(line) | {"reasons": "; ".join(line.reasons)})
    return text.getvalue()


def _json(lines: Sequence[_Line]) -> str:
    record = {
        "kind": "sar-align/batch-summary",
        "schema_version": _VERSION,
        "versions": {"sar-align": __version__},
        "pairs": [asdict(line) for line in lines],
    }
    return json.dumps(record, indent=1)
