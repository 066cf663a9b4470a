"""Accepting many alignments of low risk at once, on the strength of a sample that was looked at."""

from __future__ import annotations

import math
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.errors import OptionError
from sar_models.domain.review import Decision

if TYPE_CHECKING:
    from sar_widgets.desk import ReviewDesk

_MARK = re.compile(r"\bbatch-[0-9a-f]{8}\b")


@dataclass(frozen=True)
class Batch:
    """Alignments that may be accepted together.

    Parameters
    ----------
    name : str
        ``batch-`` and eight hexadecimal digits.
    max_risk : float
        Largest risk among them.
    contents : tuple of str
        All of them, riskiest first.
    sample : tuple of str
        Those that have to be looked at and accepted one by one.
    """

    name: str
    max_risk: float
    contents: tuple[str, ...]
    sample: tuple[str, ...]

    @property
    def comment(self) -> str:
        """What marks each acceptance of the batch in the log."""
        return (
            f"{self.name}: risk up to {self.max_risk:g}, {len(self.sample)} of "
            f"{len(self.contents)} looked at"
        )

    @property
    def sample_comment(self) -> str:
        """What marks those that were looked at."""
        return f"sample of {self.comment}"


def propose_batch(desk: ReviewDesk, max_risk: float, share: float = 0.1, seed: int = 0) -> Batch:
    """Return what is left to do up to a risk, and a random sample of it.

    Parameters
    ----------
    desk : ReviewDesk
        Open.
    max_risk : float
        In [0, 1].
    share : float
        How much of it is to be looked at, in (0, 1]; at least one.
    seed : int
        The same sample for the same queue.

    Raises
    ------
    OptionError
        If a value is impossible, or nothing is left up to that risk.
    """
    if not 0 <= max_risk <= 1 or not 0 < share <= 1:
        raise OptionError(
            f"A batch up to risk {max_risk!r} with a sample of {share!r} is impossible",
            remedy="Both are shares between 0 and 1.",
        )
    contents = tuple(
        summary.content_sha256
        for summary in (entry.alignment for entry in desk.entries)
        if not summary.problem
        and summary.risk <= max_risk
        and summary.outcome.value == "aligned"
        and desk.own_decision(summary.content_sha256) is None
    )
    if not contents:
        raise OptionError(f"Nothing that is left to do has a risk up to {max_risk:g}")
    count = math.ceil(share * len(contents))
    drawn = np.random.default_rng(seed).choice(len(contents), size=count, replace=False)
    sample = tuple(contents[i] for i in sorted(drawn.tolist()))
    return Batch(f"batch-{uuid.uuid4().hex[:8]}", max_risk, contents, sample)


def complete_batch(desk: ReviewDesk, batch: Batch) -> int:
    """Accept the rest of a batch whose sample was accepted; return how many that were.

    Raises
    ------
    OptionError
        If some of the sample was not looked at, or was not accepted: then nothing is recorded.
    """
    said = {content: desk.own_decision(content) for content in batch.sample}
    missing = sum(decision is None for decision in said.values())
    if missing:
        raise OptionError(
            f"{missing} of the sample of {len(batch.sample)} are not decided yet",
            remedy="Look at them first.",
        )
    wrong = sum(decision is not Decision.ACCEPT for decision in said.values())
    if wrong:
        raise OptionError(
            f"{wrong} of the sample were not accepted, so the batch is not either",
            remedy="Review these alignments one by one, or take a smaller risk.",
        )
    rest = [
        content
        for content in batch.contents
        if content not in batch.sample and desk.own_decision(content) is None
    ]
    desk.accept_batch(batch.comment, rest)
    return len(rest)


def batch_of(comment: str) -> str | None:
    """Return the batch that a comment names."""
    found = _MARK.search(comment)
    return None if found is None else found[0]


def marked(comment: str, batch: str) -> bool:
    """Tell whether a comment marks a decision as one of a batch."""
    return batch_of(comment) == batch
