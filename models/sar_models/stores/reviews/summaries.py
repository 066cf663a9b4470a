"""What a list needs of an alignment, without reading its transform."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pydantic_core
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sar_models.domain.alignment import Outcome
from sar_models.domain.errors import RecordError
from sar_models.domain.records import ALIGNMENT_SCHEMA_VERSION

if TYPE_CHECKING:
    from pathlib import Path

_HEAD_BYTES = (8_192, 65_536)
"""What stands before the transform fits in here, but for very many reasons or pyramid levels."""
_TOP_REASONS = 3


class AlignmentSummary(BaseModel):
    """One alignment in a list.

    Parameters
    ----------
    name : str
        Its folder, relative to the folder of alignments, with ``/``.
    content_sha256 : str
        As recorded; that it fits the transform is checked when a decision is taken.
    source, target : str
        Names of the slides.
    outcome : Outcome
    risk : float
        In [0, 1].
    reasons : tuple of str
        The heaviest three.
    failure : str
    parent : str or None
        ``content_sha256`` of the alignment that it corrects.
    problem : str
        Why the record cannot be read; the rest is empty then.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    content_sha256: str = ""
    source: str = ""
    target: str = ""
    outcome: Outcome = Outcome.FAILED
    risk: float = Field(default=1.0, ge=0, le=1)
    reasons: tuple[str, ...] = ()
    failure: str = ""
    parent: str | None = None
    problem: str = ""


def summarise(record_file: Path, name: str) -> AlignmentSummary:
    """Return the summary of one alignment; a damaged one is told, not raised."""
    try:
        return _summary(_head(record_file), name)
    except OSError as exc:
        problem = exc.strerror or str(exc)
    except RecordError as exc:
        problem = exc.message
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as exc:
        problem = f"the record is damaged: {type(exc).__name__}"
    return AlignmentSummary(name=name, problem=problem)


def _head(record_file: Path) -> dict[str, Any]:
    """Return the parts of a record that stand before the transform.

    The record is long, and what a list needs stands in front: when the transform has begun, all of
    it was read. A file in which it does not is read whole.
    """
    with record_file.open("rb") as file:
        data, head = b"", None
        for size in _HEAD_BYTES:
            data += file.read(size - len(data))
            head = pydantic_core.from_json(data, allow_partial=True) if data else None
            if isinstance(head, dict) and "transform" in head:
                break
        else:
            head = json.loads(data + file.read())
    if not isinstance(head, dict):
        raise RecordError("it holds no alignment record")
    if head.get("kind") != "sar-align/alignment":
        raise RecordError(f"its kind is {head.get('kind')!r}")
    if head.get("schema_version") != ALIGNMENT_SCHEMA_VERSION:
        raise RecordError(
            f"it has version {head.get('schema_version')!r}, this program reads "
            f"{ALIGNMENT_SCHEMA_VERSION}"
        )
    return head


def _summary(head: dict[str, Any], name: str) -> AlignmentSummary:
    reasons = sorted(head["risk"]["reasons"], key=lambda reason: -float(reason["weight"]))
    try:
        return AlignmentSummary(
            name=name,
            content_sha256=head["content_sha256"],
            source=_shown(head["pair"]["source"]["name"]),
            target=_shown(head["pair"]["target"]["name"]),
            outcome=head["outcome"],
            risk=head["risk"]["score"],
            reasons=tuple(_shown(reason["text"]) for reason in reasons[:_TOP_REASONS]),
            failure=_shown(head["failure"]),
            # Records of earlier versions have it at their end: those corrected whole pairs.
            parent=head.get("provenance", {}).get("parent"),
        )
    except ValidationError as exc:
        first = exc.errors()[0]
        raise RecordError(f"the record is damaged at {first['loc']!r}: {first['msg']}") from exc


def _shown(text: str) -> str:
    """Return text without what would steer a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)
