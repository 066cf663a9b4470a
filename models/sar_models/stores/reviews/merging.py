"""The files of a log put together: by reviewer, by time, without breaking a chain's order."""

from __future__ import annotations

import hashlib
import heapq
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sar_models.domain.review import Review
    from sar_models.stores.reviews.event_file import EventFile


def file_stem(reviewer: str) -> str:
    """Return the name of a reviewer's files: readable, and unlike that of any other reviewer."""
    digest = hashlib.sha256(reviewer.encode()).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9_-]+', '-', reviewer)[:40]}-{digest}"


def reviews_of(files: Iterable[EventFile]) -> Iterator[Review]:
    """Yield the events of one reviewer's files by time, those of a file in its order."""
    return merged([line.review for line in file.lines] for file in files)


def merged(chains: Iterable[Iterable[Review]]) -> Iterator[Review]:
    """Yield the events of several chains by time, without breaking the order of any."""
    timed = [_timed(chain) for chain in chains]
    return (review for _, review in heapq.merge(*timed, key=lambda pair: pair[0]))


def _timed(chain: Iterable[Review]) -> Iterator[tuple[datetime, Review]]:
    """Yield events with a time that never goes back, whatever the clock did."""
    latest = datetime.min.replace(tzinfo=UTC)
    for review in chain:
        latest = max(latest, datetime.fromisoformat(review.created))
        yield latest, review
