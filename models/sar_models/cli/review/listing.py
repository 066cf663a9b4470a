"""``sar-align review list``: what to look at first."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from sar_models.cli.console import print_json, stderr, stdout
from sar_models.cli.options import JsonOption
from sar_models.cli.review.shared import DONE, ReviewFolder, open_log, told, warn_of_damage
from sar_models.domain.alignment import Outcome
from sar_models.domain.review import ReviewStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sar_models.stores.reviews import QueueEntry, QueueFilter, ReviewLog

_STYLE = {
    ReviewStatus.ACCEPTED: "green",
    ReviewStatus.REJECTED: "red",
    ReviewStatus.NEEDS_FIX: "yellow",
    ReviewStatus.DISAGREEMENT: "bold magenta",
    ReviewStatus.UNREVIEWED: "dim",
}


def list_(
    folder: ReviewFolder,
    status: Annotated[
        list[ReviewStatus] | None, typer.Option(help="Only with this status; may be repeated.")
    ] = None,
    outcome: Annotated[
        list[Outcome] | None, typer.Option(help="Only with this outcome; may be repeated.")
    ] = None,
    min_risk: Annotated[float, typer.Option(help="Only from this risk on, in [0, 1].")] = 0.0,
    max_risk: Annotated[float, typer.Option(help="Only up to this risk, in [0, 1].")] = 1.0,
    find: Annotated[str, typer.Option(help="Only with this in the name of folder or slide.")] = "",
    todo: Annotated[
        bool,
        typer.Option("--todo", help="Only what you did not decide and nobody else looks at."),
    ] = False,
    blind: Annotated[
        bool, typer.Option("--blind", help="Do not tell what others decided: for a second reading.")
    ] = False,
    limit: Annotated[int, typer.Option(min=0, help="Lines to print; 0 for all.")] = 50,
    json_: JsonOption = False,
) -> None:
    """List alignments, riskiest first, with the reasons and what was decided.

    Exit code 0, also for an empty list; 2: wrong input; 5: the folder cannot be read.
    """
    from sar_models.stores.reviews import QueueFilter

    log = open_log(folder)
    wanted = QueueFilter(
        statuses=frozenset(status) if status else None,
        outcomes=frozenset(outcome) if outcome else None,
        min_risk=min_risk,
        max_risk=max_risk,
        unread_by=str(log.identity) if todo else None,
        unclaimed_by_others=str(log.identity) if todo else None,
        blind=blind,
        below=_below(folder, log),
        name=find,
    )
    entries = log.queue(wanted)
    shown = entries[:limit] if limit else entries
    warn_of_damage(log)
    _warn_of_inner_logs(entries, log)
    if json_:
        print_json(_record(entries, shown, wanted))
        return
    if not shown:
        stdout.print("No alignment fits." if wanted != QueueFilter() else "No alignments here.")
        return
    names = {entry.alignment.content_sha256: entry.alignment.name for entry in entries}
    stdout.print(_table(shown, names))
    counts = Counter(entry.status for entry in entries)
    listed = ", ".join(f"{counts[s]} {s.value}" for s in ReviewStatus if counts[s])
    more = f"; {len(entries) - len(shown)} more with --limit 0" if len(shown) < len(entries) else ""
    total = f"{len(entries)} alignment{'' if len(entries) == 1 else 's'}"
    # A blind list would tell by its counts what others decided.
    listed = "" if blind else f": {listed}"
    stdout.print(f"{total}{listed}{more}", highlight=False, soft_wrap=True)


def _below(folder: Path, log: ReviewLog) -> str:
    """Return where a folder lies in that of its log, empty if it is the same or above."""
    try:
        below = folder.resolve().relative_to(log.folder.resolve()).as_posix()
    except ValueError:
        return ""
    return "" if below == "." else below


def _warn_of_inner_logs(entries: Sequence[QueueEntry], log: ReviewLog) -> None:
    """Tell about logs of sub-folders: what was decided there is not in this list."""
    from sar_models.stores.reviews import has_log

    parents = {name.rpartition("/")[0] for e in entries if "/" in (name := e.alignment.name)}
    for parent in sorted(parents):
        if has_log(log.folder / parent):
            stderr.print(
                f"Note: {parent} has a review log of its own, which is not counted here. Export "
                "it and import it here to have all in one.",
                markup=False,
                soft_wrap=True,
            )


def _table(entries: Sequence[QueueEntry], names: Mapping[str, str]) -> Table:
    """Return the list as a table; ``names`` are those of alignments by their content."""
    table = Table(box=None, pad_edge=False)
    table.add_column("risk", justify="right")
    table.add_column("outcome")
    table.add_column("alignment", overflow="fold", ratio=3)
    table.add_column("review", overflow="fold", ratio=2)
    table.add_column("why", overflow="fold", ratio=4)
    for entry in entries:
        alignment = entry.alignment
        if alignment.problem:
            why = escape(f"cannot be read: {alignment.problem}")
            table.add_row("?", "[red]damaged[/]", escape(alignment.name), "–", why)
            continue
        pair = f"{alignment.source} → {alignment.target}"
        if alignment.parent:
            pair += f"\ncorrects {names.get(alignment.parent, alignment.parent[:12])}"
        table.add_row(
            f"{alignment.risk:.2f}",
            alignment.outcome.value,
            f"{escape(alignment.name)}\n[dim]{escape(pair)}[/]",
            f"[{_STYLE[entry.status]}]{entry.status.value}[/]{escape(_details(entry))}",
            escape(alignment.failure or " · ".join(alignment.reasons) or "–"),
        )
    return table


def _details(entry: QueueEntry) -> str:
    """Return who decided what, and who looks at it, in further lines."""
    lines = [told(review) for review in entry.reviews]
    lines += [f"{name}: {DONE[decision]}" for name, decision in sorted(entry.fragments.items())]
    if entry.claim is not None:
        lines.append(f"{entry.claim.reviewer} looks at it")
    return "".join(f"\n{line}" for line in lines)


def _record(
    entries: Sequence[QueueEntry], shown: Sequence[QueueEntry], wanted: QueueFilter
) -> dict[str, Any]:
    counts = Counter(entry.status.value for entry in entries)
    return {
        "total": len(entries),
        "counts": {} if wanted.blind else dict(counts),
        "alignments": [_entry_record(entry) for entry in shown],
    }


def _entry_record(entry: QueueEntry) -> dict[str, Any]:
    return entry.alignment.model_dump(mode="json") | {
        "status": entry.status.value,
        "reviews": [review.to_record() for review in entry.reviews],
        "fragments": {name: decision.value for name, decision in entry.fragments.items()},
        "claimed_by": None if entry.claim is None else entry.claim.reviewer,
    }
