"""Events and decisions from elsewhere into a review log, once however often they are imported."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import InputError, RecordError, UnknownVersionError
from sar_models.domain.records import review_from_record
from sar_models.domain.review import GENESIS, Decision
from sar_models.stores.reviews.adopting import adopt
from sar_models.stores.reviews.anchors import EXPORT_KIND
from sar_models.stores.reviews.cells import plain_cell, table_rows
from sar_models.stores.reviews.export import EVENT_COLUMNS, EXPORT_VERSION
from sar_models.stores.reviews.log import ToRecord

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sar_models.domain.review import Review
    from sar_models.stores.reviews.log import ReviewLog

_LARGEST_BYTES = 500_000_000


@dataclass(frozen=True)
class Imported:
    """What an import came to.

    Parameters
    ----------
    recorded : int
        Events that are new in the log.
    known : int
        Those that it had already.
    own : bool
        Whether they are decisions that the importing person filled into a table, recorded in that
        person's name, and not other people's events.
    """

    recorded: int
    known: int
    own: bool


def import_reviews(log: ReviewLog, path: Path) -> Imported:
    """Take over an export of another log, or a table in which decisions were filled in.

    Events keep their reviewers and their hashes. What is already there is left alone, so that
    importing twice, or two logs into each other, comes to the same. Decisions of a table that has
    no hashes are recorded in the name of whoever imports it.

    Raises
    ------
    InputError
        If the file cannot be read.
    RecordError
        If an event in it was changed or does not follow a known one, or a row cannot be used;
        then nothing is imported.
    """
    text = _read(path)
    if text.lstrip().startswith("{"):
        return _import_events(log, _events_of_json(text, path), path)
    rows = table_rows(text, path)
    columns = set(rows[0]) if rows else set()
    if columns.issuperset(EVENT_COLUMNS):
        return _import_events(log, [_event_of_row(row) for row in rows], path)
    if columns.issuperset({"content_sha256", "decision"}):
        return _import_decisions(log, rows, path)
    raise RecordError(
        f"{str(path)!r} holds neither review events nor a table of decisions",
        remedy="Give a file that `sar-align review export` wrote.",
    )


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise InputError(f"{str(path)!r} has more than {_LARGEST_BYTES // 10**6} MB")
        # Not as text: line ends inside a comment have to stay as they are.
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(
            f"Cannot read {str(path)!r}: {getattr(exc, 'strerror', None) or exc}"
        ) from exc


def _events_of_json(text: str, path: Path) -> list[Any]:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise RecordError(f"{str(path)!r} is no JSON: {exc}") from exc
    if record.get("kind") != EXPORT_KIND or not isinstance(record.get("events"), list):
        raise RecordError(f"{str(path)!r} is no export of reviews")
    if record.get("schema_version") != EXPORT_VERSION:
        raise UnknownVersionError(
            f"The export {str(path)!r} has version {record.get('schema_version')!r}, this program "
            f"reads {EXPORT_VERSION}",
            remedy="Install a newer sar-align.",
        )
    events: list[Any] = record["events"]
    return events


def _event_of_row(row: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {name: plain_cell(row[name] or "") for name in EVENT_COLUMNS}
    version = values["schema_version"]
    values["schema_version"] = int(version) if version.isdigit() else version
    values["fragment"] = values["fragment"] or None
    return values


def _import_events(log: ReviewLog, records: Sequence[Any], path: Path) -> Imported:
    events = [_checked(record, number, path) for number, record in enumerate(records, start=1)]
    known = {line.review.sha256 for file in log.files() for line in file.lines}
    seen = known | {GENESIS}
    new: dict[str, list[Review]] = {}
    for number, event in enumerate(events, start=1):
        if event.previous not in seen:
            raise RecordError(
                f"Event {number} of {str(path)!r} does not follow any event that is known",
                remedy="Export the whole log again; nothing was imported.",
            )
        if event.sha256 not in seen:
            new.setdefault(event.reviewer, []).append(event)
        seen.add(event.sha256)
    recorded = sum(adopt(log, reviewer, own) for reviewer, own in sorted(new.items()))
    return Imported(recorded, len(events) - recorded, own=False)


def _checked(record: Any, number: int, path: Path) -> Review:
    try:
        review, written = review_from_record(record)
    except UnknownVersionError:
        raise
    except RecordError as exc:
        raise RecordError(
            f"Event {number} of {str(path)!r}: {exc.message}", remedy="Nothing was imported."
        ) from exc
    if review.sha256 != written:
        raise RecordError(
            f"Event {number} of {str(path)!r} was changed after it was written",
            remedy="Nothing was imported. Export the log again, and do not edit the events.",
        )
    return review


def _import_decisions(log: ReviewLog, rows: Sequence[dict[str, str]], path: Path) -> Imported:
    contents = {entry.alignment.content_sha256 for entry in log.queue()}
    decisions = [
        decision
        for number, row in enumerate(rows, start=2)
        if (decision := _decision_of(row, number, path, contents)) is not None
    ]
    before = len(log.of(str(log.identity)))
    log.record_all(decisions)
    recorded = len(log.of(str(log.identity))) - before
    return Imported(recorded, len(decisions) - recorded, own=True)


def _decision_of(
    row: dict[str, str], number: int, path: Path, contents: set[str]
) -> ToRecord | None:
    """Return what a row decides, ``None`` if its decision was left empty."""
    cells = {key: plain_cell((value or "").strip()) for key, value in row.items() if key}
    if not cells["decision"]:
        return None
    where = f"{str(path)!r}, row {number}"
    try:
        decision = Decision(cells["decision"].lower())
    except ValueError as exc:
        raise RecordError(
            f"{where}: unknown decision {cells['decision']!r}",
            remedy="Write accept, reject or needs-fix; nothing was recorded.",
        ) from exc
    if decision is Decision.UNDO:
        raise RecordError(
            f"{where}: a table cannot take decisions back",
            remedy="Use `sar-align review undo`; nothing was recorded.",
        )
    if decision is Decision.REJECT and not cells.get("reason"):
        raise RecordError(
            f"{where}: a rejection needs a reason", remedy="Fill it in; nothing was recorded."
        )
    if cells["content_sha256"] not in contents:
        raise RecordError(
            f"{where}: the folder has no alignment with the content {cells['content_sha256']!r}",
            remedy="It was aligned again since, or lies elsewhere; nothing was recorded.",
        )
    return ToRecord(
        cells["content_sha256"],
        decision,
        cells.get("fragment") or None,
        cells.get("reason", ""),
        cells.get("comment", ""),
    )
