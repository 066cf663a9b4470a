"""Anchors: the ends of a log as exports and pushes saw them; a log cut since lacks them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import InputError, RecordError
from sar_models.stores.reviews.cells import plain_cell, table_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EXPORT_KIND = "sar-align/reviews"


@dataclass(frozen=True)
class Anchor:
    """What one file outside the log remembers of it.

    Parameters
    ----------
    origin : str
        The file, for messages.
    heads : mapping
        Hashes of events by reviewer, which the log has to have.
    """

    origin: str
    heads: Mapping[str, tuple[str, ...]]


def read_anchor(path: Path) -> Anchor:
    """Read the anchor of an export (JSON or CSV), or of the journal that a push left.

    Raises
    ------
    InputError
        If the file cannot be read.
    RecordError
        If it holds no anchor.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"Cannot read {str(path)!r}: {exc}") from exc
    heads = _of_json(text) if text.lstrip().startswith("{") else _of_table(text, path)
    if heads is None:
        raise RecordError(
            f"{str(path)!r} holds no anchor of a review log",
            remedy="Give a file that `sar-align review export` wrote, or the journal of a push.",
        )
    return Anchor(str(path), heads)


def pushed_anchors(folder: Path) -> list[Anchor]:
    """Return the anchors that pushes left beside the alignments of a folder store."""
    anchors: list[Anchor] = []
    for path in sorted(folder.glob("*.journal.json")):
        try:
            anchors.append(read_anchor(path))
        except (InputError, RecordError):
            continue  # a journal of pushes without reviews
    return anchors


def heads_from_record(record: Any) -> dict[str, tuple[str, ...]]:
    """Return heads from JSON values.

    Raises
    ------
    TypeError, AttributeError
        If they are none.
    """
    return {str(who): tuple(str(head) for head in heads) for who, heads in record.items()}


def _of_json(text: str) -> dict[str, tuple[str, ...]] | None:
    try:
        record = json.loads(text)
        key = "heads" if record.get("kind") == EXPORT_KIND else "review_heads"
        return heads_from_record(record[key])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _of_table(text: str, path: Path) -> dict[str, tuple[str, ...]] | None:
    """Return all events of a table of events: each of them has to be in the log."""
    rows = table_rows(text, path)
    if not rows or not {"reviewer", "sha256"} <= rows[0].keys():
        return None
    heads: dict[str, list[str]] = {}
    for row in rows:
        heads.setdefault(plain_cell(row["reviewer"] or ""), []).append(row["sha256"] or "")
    return {who: tuple(hashes) for who, hashes in heads.items()}
