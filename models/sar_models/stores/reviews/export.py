"""Review events, and what is still to be decided, as files for elsewhere."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from sar_models.domain.records import review_to_record
from sar_models.stores.atomic import atomic_file
from sar_models.stores.reviews.anchors import EXPORT_KIND
from sar_models.stores.reviews.cells import safe_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from sar_models.domain.review import Review
    from sar_models.stores.reviews.log import ReviewLog
    from sar_models.stores.reviews.queue import QueueEntry

EXPORT_VERSION = 1
ExportFormat = Literal["json", "csv"]

EVENT_COLUMNS = (
    "schema_version",
    "reviewer",
    "created",
    "content_sha256",
    "decision",
    "fragment",
    "reason",
    "comment",
    "software",
    "previous",
    "sha256",
)
_CONTEXT_COLUMNS = ("alignment", "source", "target")
QUEUE_COLUMNS = (
    *_CONTEXT_COLUMNS,
    "outcome",
    "risk",
    "reasons",
    "status",
    "content_sha256",
    "fragment",
    "decision",
    "reason",
    "comment",
)


def export_events(log: ReviewLog, path: Path, form: ExportFormat) -> int:
    """Write all events of a log, anchored: the file shows later whether the log was cut.

    Parameters
    ----------
    log : ReviewLog
    path : Path
        An existing file is replaced.
    form : {"json", "csv"}
        Both can be imported again, without loss.

    Returns
    -------
    int
        How many events were written.
    """
    events = log.events()
    if form == "json":
        _write_json(path, log, events)
    else:
        _write_csv(path, EVENT_COLUMNS + _CONTEXT_COLUMNS, _event_rows(log, events))
    return len(events)


def export_queue(entries: Sequence[QueueEntry], path: Path) -> int:
    """Write a table of alignments in which a person can fill in decisions; see ``import``.

    Returns
    -------
    int
        How many rows were written: readable alignments.
    """
    rows = [
        {
            "alignment": entry.alignment.name,
            "source": entry.alignment.source,
            "target": entry.alignment.target,
            "outcome": entry.alignment.outcome.value,
            "risk": f"{entry.alignment.risk:.3f}",
            "reasons": " | ".join(entry.alignment.reasons),
            "status": entry.status.value,
            "content_sha256": entry.alignment.content_sha256,
        }
        for entry in entries
        if not entry.alignment.problem
    ]
    _write_csv(path, QUEUE_COLUMNS, rows)
    return len(rows)


def _write_json(path: Path, log: ReviewLog, events: Sequence[Review]) -> None:
    record = {
        "kind": EXPORT_KIND,
        "schema_version": EXPORT_VERSION,
        "exported": datetime.now(UTC).isoformat(timespec="seconds"),
        "heads": {who: list(heads) for who, heads in log.heads().items()},
        "events": [review_to_record(event) for event in events],
    }
    with atomic_file(path) as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n", encoding="ascii")


def _event_rows(log: ReviewLog, events: Iterable[Review]) -> Iterable[dict[str, Any]]:
    by_content = {entry.alignment.content_sha256: entry.alignment for entry in log.queue()}
    for event in events:
        known = by_content.get(event.content_sha256)
        names = (known.name, known.source, known.target) if known else ("", "", "")
        yield review_to_record(event) | dict(zip(_CONTEXT_COLUMNS, names, strict=True))


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    # The mark at the start makes spreadsheets read the file as UTF-8.
    with atomic_file(path) as partial, partial.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.DictWriter(file, columns, restval="")
        table.writeheader()
        for row in rows:
            cells = {key: "" if value is None else value for key, value in row.items()}
            table.writerow({k: safe_cell(v) if isinstance(v, str) else v for k, v in cells.items()})
