"""Where the review of many alignments stands, as one HTML file that needs nothing else."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from markupsafe import Markup

from sar_models.__about__ import __version__
from sar_models.domain.review import (
    Agreement,
    Decision,
    Review,
    ReviewStatus,
    Throughput,
    agreements,
    standing_decisions,
    throughputs,
)
from sar_models.report import palette
from sar_models.report.redact import plain
from sar_models.report.templating import environment, template_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sar_models.stores.reviews import Finding, QueueEntry

_LONGEST_LIST = 2000
"""Rows of the table of all alignments; a page of more is no help to anybody."""

_STATUS_WORDS = {
    ReviewStatus.ACCEPTED: "accepted",
    ReviewStatus.REJECTED: "rejected",
    ReviewStatus.NEEDS_FIX: "needs a fix",
    ReviewStatus.DISAGREEMENT: "reviewers disagree",
    ReviewStatus.UNREVIEWED: "not reviewed",
}
_DECISION_WORDS = {
    Decision.ACCEPT: "accepted",
    Decision.REJECT: "rejected",
    Decision.NEEDS_FIX: "needs a fix",
    Decision.UNDO: "taken back",
}


@dataclass(frozen=True)
class ReviewMaterial:
    """What the page is made of.

    Parameters
    ----------
    title : str
    entries : sequence of QueueEntry
        All alignments, riskiest first.
    events : sequence of Review
        All events of the log, by time.
    findings : sequence of Finding
        What is wrong with the log.
    """

    title: str
    entries: Sequence[QueueEntry]
    events: Sequence[Review]
    findings: Sequence[Finding]


@dataclass(frozen=True)
class Part:
    """One part of the progress bar."""

    status: str
    words: str
    count: int
    percent: float


@dataclass(frozen=True)
class Row:
    """One alignment, or one fragment of it, with what was said of it."""

    name: str
    pair: str
    risk: str
    outcome: str
    status: str
    words: str
    said: tuple[str, ...]
    why: tuple[str, ...]


@dataclass(frozen=True)
class Reader:
    """One reviewer in the table of reviewers."""

    name: str
    counts: tuple[int, ...]
    period: str
    pace: str


def render_reviews(material: ReviewMaterial) -> str:
    """Return a self-contained HTML page: progress, disagreements, decisions, reviewers."""
    rows = [_row(entry) for entry in material.entries]
    page = environment().get_template("reviews.html.j2")
    # Markup: the style sheets are the package's own, nothing that a user wrote is in them.
    return page.render(
        title=plain(material.title),
        total=len(rows),
        parts=_parts(material.entries),
        reviewed=sum(row.status != ReviewStatus.UNREVIEWED.value for row in rows),
        disputed=[row for row in rows if row.status == ReviewStatus.DISAGREEMENT.value],
        refused=[
            row
            for row in rows
            if row.status in (ReviewStatus.REJECTED.value, ReviewStatus.NEEDS_FIX.value)
        ],
        pieces=_pieces(material),
        rows=rows[:_LONGEST_LIST],
        readers=[_reader(found) for found in throughputs(material.events)],
        decisions=[_DECISION_WORDS[decision] for decision in Decision],
        agreed=[_agreement(found) for found in agreements(_whole_pairs(material.events))],
        events=len(material.events),
        findings=[_finding(f) for f in material.findings],
        harmful=any(not finding.harmless for finding in material.findings),
        created=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        version=__version__,
        palette=palette,
        style=Markup(template_text("style.css") + template_text("reviews.css")),
    )


def _parts(entries: Sequence[QueueEntry]) -> list[Part]:
    found = Counter(entry.status for entry in entries)
    return [
        Part(status.value, words, found[status], 100.0 * found[status] / len(entries))
        for status, words in _STATUS_WORDS.items()
        if found[status]
    ]


def _row(entry: QueueEntry) -> Row:
    alignment = entry.alignment
    status = entry.status
    return Row(
        name=alignment.name,
        pair=f"{plain(alignment.source)} → {plain(alignment.target)}",
        risk="–" if alignment.problem else f"{alignment.risk:.2f}",
        outcome="damaged" if alignment.problem else alignment.outcome.value,
        status=status.value,
        words=_STATUS_WORDS[status],
        said=tuple(_said(review) for review in entry.reviews),
        why=tuple(plain(text) for text in _why(entry)),
    )


def _why(entry: QueueEntry) -> tuple[str, ...]:
    alignment = entry.alignment
    if alignment.problem:
        return (f"cannot be read: {alignment.problem}",)
    return (alignment.failure,) if alignment.failure else alignment.reasons


def _pieces(material: ReviewMaterial) -> list[Row]:
    """Return the fragments on which decisions stand, those of alignments that are listed."""
    by_content = {entry.alignment.content_sha256: _row(entry) for entry in material.entries}
    pieces: list[Row] = []
    for (content, fragment), reviews in standing_decisions(material.events).items():
        row = by_content.get(content)
        if fragment is not None and row is not None:
            said = tuple(_said(review) for review in reviews)
            pieces.append(
                Row(row.name, fragment, row.risk, row.outcome, row.status, row.words, said, ())
            )
    return sorted(pieces, key=lambda piece: (piece.name, piece.pair))


def _said(review: Review) -> str:
    text = f"{review.reviewer}: {_DECISION_WORDS[review.decision]}"
    if review.reason:
        text += f" – {review.reason}"
    return f"{text} ({review.comment})" if review.comment else text


def _whole_pairs(events: Sequence[Review]) -> dict[tuple[str, str | None], list[Review]]:
    standing = standing_decisions(events)
    return {item: reviews for item, reviews in standing.items() if item[1] is None}


def _reader(found: Throughput) -> Reader:
    first, last = (f"{time.astimezone(UTC):%Y-%m-%d %H:%M}" for time in (found.first, found.last))
    pace = "–" if math.isnan(found.median_s) else _duration(found.median_s)
    counts = tuple(found.decided.get(decision, 0) for decision in Decision)
    return Reader(found.reviewer, counts, f"{first} to {last}", pace)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


def _agreement(found: Agreement) -> tuple[str, str, str, str]:
    kappa = "not defined" if math.isnan(found.kappa) else f"{found.kappa:.2f}"
    share = f"{found.agreed} of {found.items} ({100 * found.agreed / found.items:.0f} %)"
    return found.first, found.second, share, kappa


def _finding(finding: Finding) -> tuple[str, str]:
    where = plain(finding.file) + ("" if finding.line is None else f", line {finding.line}")
    return where, plain(finding.problem)
