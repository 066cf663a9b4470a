"""Events of a reviewer that come from another log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_models.domain.review import GENESIS
from sar_models.stores.reviews.event_file import EventFile
from sar_models.stores.reviews.merging import file_stem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sar_models.domain.review import Review
    from sar_models.stores.reviews.log import ReviewLog


def adopt(log: ReviewLog, reviewer: str, events: Iterable[Review]) -> int:
    """Take over events of a reviewer from another log; return how many were not known.

    An event that follows the last one of a file goes there; one that does not, because the
    reviewer worked on two copies of a folder, begins a file of its own.

    Parameters
    ----------
    log : ReviewLog
    reviewer : str
    events : iterable of Review
        Checked, each after the one that it cites.
    """
    adopted = 0
    with log.locked(reviewer):
        log.main_file(reviewer).close_torn_line()
        known = {review.sha256 for review in log.of(reviewer)}
        new = (event for event in events if event.sha256 not in known)
        for file, chain in _by_file(log, reviewer, new):
            file.close_torn_line()
            file.append(chain)
            adopted += len(chain)
    return adopted


def _by_file(
    log: ReviewLog, reviewer: str, events: Iterable[Review]
) -> list[tuple[EventFile, list[Review]]]:
    """Return which events go to the end of which file, in the order of writing."""
    main = log.main_file(reviewer)
    tips = {file.tip or GENESIS: file for file in (main, *log.files_of(reviewer))}
    chains: dict[EventFile, list[Review]] = {}
    for event in events:
        file = tips.pop(event.previous, None)
        if file is None:
            file = EventFile(log.path / f"{file_stem(reviewer)}.{event.sha256[:12]}.jsonl")
        chains.setdefault(file, []).append(event)
        tips[event.sha256] = file
    # The main file is the one that this reviewer goes on with here: it has to exist first.
    return sorted(chains.items(), key=lambda item: item[0] is not main)
