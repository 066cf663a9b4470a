"""The morning summary of a sync: what is done, what needs a look, what failed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import jinja2

from sar_models.__about__ import __version__
from sar_models.report.redact import plain
from sar_models.report.thumbnail import thumbnail
from sar_models.stores.atomic import atomic_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sar_omero.syncing import Sync, SyncedPair

PAGE_NAME, RECORD_NAME = "sync.html", "sync.json"
GROUPS = ("failed", "needs review", "open", "done")
_VERSION = 1
_LOW_RISK = 0.2


@dataclass(frozen=True)
class MorningLine:
    """A pair in the summary.

    Parameters
    ----------
    name, source, target : str
    group : str
        One of :data:`GROUPS`.
    outcome : str
    risk : float or None
    status : str
        What reviewers said, in words.
    reasons : tuple of str
    counts : mapping
        Objects created, updated, kept, deleted on the server.
    report, viewer : str
        Links to the report, and to the target in OMERO.web.
    thumbnail : str
        Data URI.
    """

    name: str
    source: str
    target: str
    group: str
    outcome: str
    risk: float | None
    status: str
    reasons: tuple[str, ...]
    counts: dict[str, int] = field(default_factory=dict)
    report: str = ""
    viewer: str = ""
    thumbnail: str = ""


def morning_lines(sync: Sync, web: str | None) -> list[MorningLine]:
    """Return a line for every pair: those that failed first, then by risk."""
    lines = [_line(sync, pair, web) for pair in sync.pairs]
    return sorted(
        lines, key=lambda line: (GROUPS.index(line.group), -(line.risk or 0.0), line.name)
    )


def write_morning(out: Path, lines: Sequence[MorningLine], *, stopped: str) -> Path:
    """Write ``sync.html`` and ``sync.json``; return the page.

    Parameters
    ----------
    out : Path
    lines : sequence of MorningLine
    stopped : str
        Why the sync ended early, if it did.

    Raises
    ------
    StoreError
        If they cannot be written.
    """
    made = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    record = {
        "kind": "sar-align/omero-sync",
        "schema_version": _VERSION,
        "versions": {"sar-align": __version__},
        "made": made,
        "stopped": stopped,
        "counts": counts_of(lines),
        "pairs": [_record(line) for line in lines],
    }
    groups = [(group, [line for line in lines if line.group == group]) for group in GROUPS]
    page = _template().render(groups=groups, made=made, stopped=stopped, version=__version__)
    for name, text in ((RECORD_NAME, json.dumps(record, indent=1)), (PAGE_NAME, page)):
        with atomic_file(out / name) as partial:
            partial.write_text(text, encoding="utf-8", newline="")
    return out / PAGE_NAME


def counts_of(lines: Sequence[MorningLine]) -> dict[str, int]:
    """Return how many pairs are in each group."""
    return {group: sum(line.group == group for line in lines) for group in GROUPS}


def _line(sync: Sync, pair: SyncedPair, web: str | None) -> MorningLine:
    job = sync.job_of(pair)
    result: dict[str, Any] = dict(job.result or {}) if job is not None else {}
    outcome = str(result.get("outcome", "")) or ("open" if not pair.problem else "error")
    decision = sync.log.state().decision(str(result.get("content_sha256", "")))
    folder = None if job is None or not result else sync.queue.layout.results / job.folder
    reasons = (pair.problem,) if pair.problem else tuple(result.get("reasons", ()))[:3]
    if result.get("failure"):
        reasons = (str(result["failure"]), *reasons)
    number = pair.target.rpartition("/")[2]
    return MorningLine(
        name=pair.name,
        source=pair.source,
        target=pair.target,
        group=_group(job is None or job.state.is_final, pair, outcome, result, decision),
        outcome=outcome,
        risk=result.get("risk"),
        status="not reviewed" if decision is None else decision.value,
        reasons=tuple(plain(reason) for reason in reasons),
        counts={} if pair.pushed is None else {str(k): v for k, v in pair.pushed.counts.items()},
        report=""
        if folder is None
        else f"{quote(folder.parent.name)}/{quote(folder.name)}/report.html",
        viewer="" if not web else f"{web.rstrip('/')}/webclient/?show=image-{number}",
        thumbnail="" if folder is None else thumbnail(folder),
    )


def _group(
    ended: bool, pair: SyncedPair, outcome: str, result: dict[str, Any], decision: Any
) -> str:
    if pair.problem or outcome in ("failed", "error"):
        return "failed"
    if not ended or not result:
        return "open"
    low = outcome == "aligned" and float(result.get("risk") or 0.0) <= _LOW_RISK
    reviewed = decision is not None and decision.value in ("accept", "reject")
    return "done" if low or reviewed else "needs review"


def _record(line: MorningLine) -> dict[str, Any]:
    return {name: value for name, value in asdict(line).items() if name != "thumbnail"}


def _template() -> jinja2.Template:
    text = files("sar_omero").joinpath("templates", "morning.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(text)
