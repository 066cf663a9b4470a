"""Decisions that people took in QuPath, on their way into the review log.

Confirming *Import results* is an acceptance. The script leaves a note; who decided is whom the
system knows as the note's owner, never what stands in it.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from sar_models.domain.errors import RecordError
from sar_models.domain.review import Decision
from sar_models.stores.alignment_folder import RECORD_NAME, read_alignment
from sar_models.stores.reviews import ReviewLog, ToRecord

if TYPE_CHECKING:
    from pathlib import Path

    from sar_qupath.places import Places

KIND = "sar-align/decision"
COMMENT = "confirmed at Import results in QuPath"


def waiting_decisions(places: Places) -> tuple[str, ...]:
    """Return the contents that this user accepted in QuPath and the log does not have yet."""
    return tuple(content for _, content in _notes(places))


def adopt_decisions(places: Places) -> int:
    """Take the notes of this user over into the review log; return how many.

    Raises
    ------
    StoreError
        If the log cannot be written; the notes stay.
    """
    notes = _notes(places)
    if notes:
        wanted = [ToRecord(content, Decision.ACCEPT, comment=COMMENT) for _, content in notes]
        ReviewLog(places.results).record_all(wanted)
        for note, _ in notes:
            note.unlink(missing_ok=True)
    return len(notes)


def _notes(places: Places) -> list[tuple[Path, str]]:
    """Return the notes of this user that are about an alignment of the project."""
    found = []
    for note in sorted(places.notes.glob("*.json")):
        content = _content_of(note)
        if content and _is_mine(note) and content in _contents(places):
            found.append((note, content))
    return found


def _contents(places: Places) -> set[str]:
    contents = set()
    for record in places.results.glob(f"*/{RECORD_NAME}"):
        try:
            contents.add(read_alignment(record.parent).content_sha256)
        except RecordError:
            continue
    return contents


def _content_of(note: Path) -> str:
    try:
        record = json.loads(note.read_bytes())
        known = record["kind"] == KIND and record["version"] == 1
        return str(record["content_sha256"]) if known and record["decision"] == "accept" else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _is_mine(note: Path) -> bool:
    return os.name == "nt" or note.stat().st_uid == os.getuid()
