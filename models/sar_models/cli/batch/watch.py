"""What is shown of a batch while it runs: a live table, or plain lines where nobody watches."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from sar_models.cli.batch.shared import counts_text
from sar_models.cli.console import stderr
from sar_models.jobs import EventKind, JobFilter, Page, State

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sar_models.jobs import Event, Job, Queue

_EVERY_S = 0.5
_TOLD = (EventKind.DONE, EventKind.FAILED, EventKind.CANCELLED, EventKind.ATTEMPT_FAILED)
_STYLES = {
    "aligned": "green",
    "partial": "yellow",
    "ambiguous": "yellow",
    "failed": "red",
    "error": "bold red",
    "tried again": "magenta",
}
_MOST_RUNNING = 32


class Watch:
    """Shows on stderr what happens to a queue, from now on.

    Parameters
    ----------
    queue : Queue
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._seen = queue.last_event()
        self._began = time.monotonic()
        self._open_at_first = queue.counts().open
        self._next = 0.0
        self._live = Live(console=stderr, auto_refresh=False, transient=True)

    def tick(self) -> None:
        """Show what is new; to be called as often as one likes."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_S
            self._show()

    def __enter__(self) -> Self:
        if stderr.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._show()
        self._live.stop()

    def _show(self) -> None:
        while events := self._queue.events(self._seen):
            for event in events:
                if event.kind in _TOLD:
                    stderr.print(self._line(event), soft_wrap=True)
            self._seen = events[-1].number
        if self._live.is_started:
            self._live.update(self._table(), refresh=True)

    def _line(self, event: Event) -> Text:
        job = self._queue.job(event.job)
        word, details = _ended(job, event)
        text = Text.assemble((f"{word:<11}", _STYLES.get(word, "")), f" {job.title}")
        return text.append(f"  {details}" if details else "")

    def _table(self) -> RenderableType:
        counts = self._queue.counts()
        table = Table(box=None, pad_edge=False, show_header=False)
        running = self._queue.jobs(JobFilter(frozenset({State.RUNNING})), Page(size=_MOST_RUNNING))
        for job in running:
            table.add_row(
                Text(str(job.number), "dim"),
                Text(job.title),
                Text(job.stage or "starting"),
                Text(f"{100 * job.fraction:.0f} %"),
            )
        return Group(table, Text(f"{counts_text(counts)}{self._time_left(counts.open)}", "bold"))

    def _time_left(self, open_now: int) -> str:
        ended = self._open_at_first - open_now
        if ended < 1 or not open_now:
            return ""
        seconds = (time.monotonic() - self._began) / ended * open_now
        return f"; about {_duration(seconds)} left"


def _ended(job: Job, event: Event) -> tuple[str, str]:
    """Return one word for how an attempt ended, and what else there is to say."""
    if event.kind is EventKind.DONE and job.result is not None:
        risk, seconds = job.result.get("risk"), job.result.get("seconds")
        told = [] if risk is None else [f"risk {risk:.2f}"]
        told += [] if seconds is None else [f"{seconds:.1f} s"]
        return str(job.result.get("outcome", "done")), ", ".join(told)
    words = {EventKind.FAILED: "error", EventKind.ATTEMPT_FAILED: "tried again"}
    return words.get(event.kind, event.kind.value), str(event.data.get("reason", ""))


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
