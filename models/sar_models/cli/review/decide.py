"""``sar-align review accept | reject | needs-fix | undo``: one decision, recorded for good."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sar_models.cli.console import print_json, stdout
from sar_models.cli.options import JsonOption
from sar_models.cli.review.shared import DONE, open_log, told
from sar_models.domain.errors import OptionError
from sar_models.domain.review import Decision

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment
    from sar_models.domain.review import Review
    from sar_models.stores.reviews import ReviewLog

Alignments = Annotated[
    list[Path], typer.Argument(help="Folders that `sar-align align` wrote; one or more.")
]
FragmentOption = Annotated[
    str | None,
    typer.Option(help="Only this fragment: its name, or its number in the report."),
]
CommentOption = Annotated[str, typer.Option(help="Anything worth remembering.")]
LogOption = Annotated[
    Path | None,
    typer.Option(
        "--in",
        help="Folder whose log is written, if not the nearest one at or above the alignments.",
    ),
]


def accept(
    alignments: Alignments,
    fragment: FragmentOption = None,
    comment: CommentOption = "",
    log_in: LogOption = None,
    json_: JsonOption = False,
) -> None:
    """Accept alignments, or one fragment: what hangs on them may be published.

    The decision is on the disk when the command ends. It counts for exactly this result; a new
    alignment of the pair is to be reviewed again. Accepting twice does no harm.

    Exit code 0: recorded; 2: wrong input, nothing recorded; 5: the log cannot be written.
    """
    _decide(alignments, Decision.ACCEPT, fragment, "", comment, log_in, as_json=json_)


def reject(
    alignments: Alignments,
    reason: Annotated[str, typer.Option(help="What is wrong with it.")],
    fragment: FragmentOption = None,
    comment: CommentOption = "",
    log_in: LogOption = None,
    json_: JsonOption = False,
) -> None:
    """Reject alignments, or one fragment: the next push withdraws what was published of them.

    Exit code 0: recorded; 2: wrong input, nothing recorded; 5: the log cannot be written.
    """
    _decide(alignments, Decision.REJECT, fragment, reason, comment, log_in, as_json=json_)


def needs_fix(
    alignments: Alignments,
    fragment: FragmentOption = None,
    reason: Annotated[str, typer.Option(help="What is to be put right.")] = "",
    comment: CommentOption = "",
    log_in: LogOption = None,
    json_: JsonOption = False,
) -> None:
    """Ask for a correction: nothing of it is published until then.

    Exit code 0: recorded; 2: wrong input, nothing recorded; 5: the log cannot be written.
    """
    _decide(alignments, Decision.NEEDS_FIX, fragment, reason, comment, log_in, as_json=json_)


def undo(
    alignments: Alignments,
    fragment: FragmentOption = None,
    comment: CommentOption = "",
    log_in: LogOption = None,
    json_: JsonOption = False,
) -> None:
    """Take back your own last decision on alignments, or on one fragment; by a new event.

    Exit code 0: recorded; 2: wrong input, or nothing to take back; 5: the log cannot be written.
    """
    _decide(alignments, Decision.UNDO, fragment, "", comment, log_in, as_json=json_)


def _decide(
    folders: list[Path],
    decision: Decision,
    fragment: str | None,
    reason: str,
    comment: str,
    log_in: Path | None,
    *,
    as_json: bool,
) -> None:
    """Read every alignment first, whole and checked; then record, so that all or none is."""
    from sar_models.stores.alignment_folder import read_alignment
    from sar_models.stores.reviews import ReviewLog, ToRecord

    by_log: dict[Path, list[tuple[Alignment, ToRecord]]] = {}
    for folder in folders:
        alignment = read_alignment(folder)
        piece = None if fragment is None else _fragment_id(alignment, fragment, folder)
        wanted = ToRecord(alignment.content_sha256, decision, piece, reason, comment)
        home = log_in if log_in is not None else open_log(folder).folder
        by_log.setdefault(home, []).append((alignment, wanted))
    answers: list[Review] = []
    for home, decided in by_log.items():
        log = ReviewLog(home)
        reviews = log.record_all(wanted for _, wanted in decided)
        answers += reviews
        if not as_json:
            _print(log, [alignment for alignment, _ in decided], reviews)
    if as_json:
        print_json({"reviews": [r.to_record() | {"sha256": r.sha256} for r in answers]})


def _fragment_id(alignment: Alignment, named: str, folder: Path) -> str:
    """Return the id of a fragment from its id or its number in the report."""
    ids = [fragment.id for fragment in alignment.fragments]
    if named in ids:
        return named
    if named.isdecimal() and 1 <= int(named) <= len(ids):
        return ids[int(named) - 1]
    listed = ", ".join(f"{number}: {name}" for number, name in enumerate(ids, start=1))
    raise OptionError(
        f"{str(folder)!r} has no fragment {named!r}", remedy=f"It has {listed or 'none'}."
    )


def _print(log: ReviewLog, alignments: list[Alignment], reviews: list[Review]) -> None:
    state = log.state()
    for alignment, review in zip(alignments, reviews, strict=True):
        pair = f"{alignment.pair.source.name} → {alignment.pair.target.name}"
        piece = "" if review.fragment is None else f", fragment {review.fragment}"
        stdout.print(
            f"{DONE[review.decision]}  {pair}{piece}  ({review.reviewer})",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        for other in state.reviews(*review.item):
            if other.reviewer != review.reviewer and other.decision is not review.decision:
                stdout.print(f"  but {told(other)}", markup=False, highlight=False, soft_wrap=True)
    stdout.print(f"  log: {log.path}", markup=False, highlight=False, soft_wrap=True)
