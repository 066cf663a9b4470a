"""Whether a review log is as it was written: each file, each line, and what others saw of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.domain.review import GENESIS
from sar_models.stores.reviews.event_file import BadLine, Line
from sar_models.stores.reviews.merging import file_stem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sar_models.stores.reviews.anchors import Anchor
    from sar_models.stores.reviews.event_file import EventFile


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a log, or only odd.

    Parameters
    ----------
    file : str
    line : int or None
        From 1; ``None`` where the whole file is meant.
    problem : str
        For people.
    harmless : bool
        Whether it can be explained by a killed writer, and no decision is missing.
    """

    file: str
    line: int | None
    problem: str
    harmless: bool = False

    def __str__(self) -> str:
        return f"{self.file}{'' if self.line is None else f', line {self.line}'}: {self.problem}"


def verify_files(files: Iterable[EventFile], anchors: Iterable[Anchor] = ()) -> list[Finding]:
    """Return what is wrong with the files of a log; nothing for one that is as it was written.

    A chain of hashes tells that a line was changed, moved, removed from the middle or put in. It
    cannot tell that its end was cut off: what exports and pushes saw does.

    Parameters
    ----------
    files : iterable of EventFile
        Read up to now.
    anchors : iterable of Anchor
    """
    files = list(files)
    known = {
        digest
        for file in files
        for line in file.lines
        for digest in (line.review.sha256, line.written_sha256)
    }
    findings = [finding for file in files for finding in _check_file(file, known)]
    by_reviewer: dict[str, set[str]] = {}
    for file in files:
        for line in file.lines:
            by_reviewer.setdefault(line.review.reviewer, set()).add(line.review.sha256)
    for anchor in anchors:
        findings += _check_anchor(anchor, by_reviewer)
    return findings


def _check_file(file: EventFile, known: set[str]) -> Iterator[Finding]:
    path = str(file.path)
    events: list[Line | BadLine] = sorted([*file.lines, *file.bad], key=lambda line: line.number)
    reviewer = file.lines[0].review.reviewer if file.lines else ""
    if file.lines and not file.path.name.startswith(f"{file_stem(reviewer)}."):
        yield Finding(path, None, f"it holds the events of {reviewer!r}: the file was renamed")
    expected: str | None = None
    bad: list[BadLine] = []
    for line in events:
        if isinstance(line, BadLine):
            bad.append(line)
            continue
        follows = line.review.previous == expected or (
            expected is None and line.review.previous in known | {GENESIS}
        )
        yield from (_bad(path, b, harmless=follows) for b in bad)
        bad = []
        yield from _check_line(path, line, reviewer, follows=follows)
        expected = line.written_sha256
    yield from (_bad(path, b, harmless=False) for b in bad)


def _check_line(path: str, line: Line, reviewer: str, *, follows: bool) -> Iterator[Finding]:
    if line.review.reviewer != reviewer:
        yield Finding(
            path, line.number, f"an event of {line.review.reviewer!r} in the log of {reviewer!r}"
        )
    if line.review.sha256 != line.written_sha256:
        yield Finding(path, line.number, "the event was changed after it was written")
    if not follows:
        yield Finding(
            path,
            line.number,
            "the event does not follow the one before it: events were removed, moved or put in",
        )


def _bad(path: str, line: BadLine, *, harmless: bool) -> Finding:
    if harmless:
        problem = f"no event, the writer was stopped; none is missing ({line.problem})"
    else:
        problem = f"no event: cut off while it was written, or damaged ({line.problem})"
    return Finding(path, line.number, problem, harmless)


def _check_anchor(anchor: Anchor, by_reviewer: dict[str, set[str]]) -> Iterator[Finding]:
    for reviewer, heads in anchor.heads.items():
        missing = [head for head in heads if head not in by_reviewer.get(reviewer, set())]
        if not missing:
            continue
        if reviewer not in by_reviewer:
            problem = f"the log of {reviewer!r} is gone, of which this file saw events"
        else:
            problem = (
                f"the log of {reviewer!r} lacks the event {missing[-1][:12]}… that this file saw: "
                "its end was cut off, or an event was changed"
            )
        yield Finding(anchor.origin, None, problem)
