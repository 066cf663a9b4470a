"""The summary of an alignment, as key-value pairs that people and programs read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sar_models.__about__ import __version__
from sar_models.stores.target import RecordVersion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.review import Decision
    from sar_models.stores.changes import StableKey

Pairs = tuple[tuple[str, str], ...]
NOT_REVIEWED = "not reviewed"
_KEY, _STATUS, _REQUEST, _CONTENT, _FILES = (
    "Key",
    "Status",
    "Request",
    "Content",
    "Files",
)
_WORDS = {"accept": "accepted", "reject": "rejected", "needs-fix": "needs a fix"}


def status_of(decision: Decision | None) -> str:
    """Return what reviewers said, in words."""
    return NOT_REVIEWED if decision is None else _WORDS.get(decision.value, decision.value)


def summary_pairs(
    key: StableKey, alignment: Alignment, status: str, files: Mapping[str, str]
) -> Pairs:
    """Return the pairs that both images get.

    Parameters
    ----------
    key : StableKey
    alignment : Alignment
    status : str
        See :func:`status_of`.
    files : mapping
        SHA-1 of the attached files by name.
    """
    pair, risk = alignment.pair, alignment.risk
    found = [
        ("Source", f"{key.source} {pair.source.name}"),
        ("Target", f"{key.target} {pair.target.name}"),
        ("Outcome", alignment.outcome.value),
        (_STATUS, status),
        ("Risk", f"{risk.score:.3f}"),
        *(("Risk reason", reason.text) for reason in risk.reasons[:3]),
        ("Fragments", str(len(alignment.fragments))),
        ("Made by", f"SAR-Align {alignment.provenance.versions.get('sar-align', __version__)}"),
        ("Made", alignment.provenance.created),
    ]
    if alignment.failure:
        found.append(("Failure", alignment.failure))
    found += [
        (_REQUEST, alignment.request_id),
        (_CONTENT, alignment.content_sha256),
        (_FILES, json.dumps(dict(sorted(files.items())))),
        (_KEY, str(key)),
    ]
    return tuple((name, str(value)) for name, value in found)


def key_of(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the stable key that a summary stands under."""
    return dict(pairs).get(_KEY, "")


def version_of(pairs: Iterable[tuple[str, str]]) -> RecordVersion | None:
    """Return which alignment a summary tells of, ``None`` if a person took that out."""
    values = dict(pairs)
    if not values.get(_REQUEST) or not values.get(_CONTENT):
        return None
    return RecordVersion(values[_REQUEST], values[_CONTENT])


def told_status(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the status that a summary tells."""
    return dict(pairs).get(_STATUS, "")


def told_files(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the SHA-1 of the files that belong to a summary, by name."""
    try:
        found = json.loads(dict(pairs).get(_FILES, "{}"))
    except ValueError:
        return {}
    return (
        {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
    )
