"""A dataset kept up to date: pairs found, aligned by the queue, pushed as they are done."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sar_models.domain.errors import (
    InputError,
    OptionError,
    SarAlignError,
    SlideError,
    StoreError,
)
from sar_models.jobs.batch import submit_batch
from sar_models.jobs.job import State
from sar_models.jobs.pair_request import described_request, unreadable_request
from sar_models.jobs.pushing import push_folder
from sar_models.jobs.queue import Submission
from sar_models.jobs.results import Results
from sar_models.jobs.slide_ref import SlideRef

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sar_models.domain.slides import SlideInfo
    from sar_models.engine import AlignOptions
    from sar_models.jobs.job import Job
    from sar_models.jobs.pushing import PushOptions
    from sar_models.jobs.queue import Queue
    from sar_models.jobs.request import JobId, Request
    from sar_models.stores.changes import PushReport
    from sar_models.stores.pairing import PairNames
    from sar_models.stores.reviews import ReviewLog
    from sar_models.stores.worker import WorkerStore


@dataclass
class SyncedPair:
    """A pair of a sync, and what became of it.

    Parameters
    ----------
    source, target : str
        Addresses.
    name : str
        For people.
    job : JobId
    pushed : PushReport or None
        ``None`` while nothing was pushed.
    problem : str
        Why it could not be aligned or pushed.
    """

    source: str
    target: str
    name: str
    job: JobId = ""
    pushed: PushReport | None = None
    problem: str = ""


@dataclass(eq=False)
class Sync:
    """One run over the pairs of a server.

    Parameters
    ----------
    store : WorkerStore
        Logged in; keeps the session alive while others compute.
    server : str
        Address under which workers open slides.
    queue : Queue
    log : ReviewLog
    options : PushOptions
    """

    store: WorkerStore
    server: str
    queue: Queue
    log: ReviewLog
    options: PushOptions
    pairs: list[SyncedPair] = field(default_factory=list)

    def submit(
        self,
        pairs: Sequence[PairNames],
        align: AlignOptions,
        progress: Callable[[str, float], None],
        *,
        refresh: bool,
    ) -> None:
        """Queue what is not done yet; a pair whose images must not be annotated is left out.

        Raises
        ------
        StoreError
            If the server does not answer.
        """
        submissions: list[Submission] = []
        accepted: list[SyncedPair] = []
        for count, pair in enumerate(pairs):
            progress("looking at slides", count / len(pairs))
            one = SyncedPair(
                pair.source, pair.target, f"{_short(pair.source)} → {_short(pair.target)}"
            )
            self.pairs.append(one)
            try:
                self.store.answer("check_allowed", {"slides": [pair.source, pair.target]})
            except StoreError as exc:
                one.problem = str(exc)
                continue
            submissions.append(self._submission(one, align))
            accepted.append(one)
        for one, job in zip(
            accepted, submit_batch(self.queue, submissions, refresh=refresh), strict=True
        ):
            one.job = job

    def push_done(self) -> None:
        """Push what was done since the last call; what fails is told and does not stop the rest."""
        for pair in self.pairs:
            if pair.job and pair.pushed is None and not pair.problem:
                self._push(pair)

    def job_of(self, pair: SyncedPair) -> Job | None:
        """Return the job that stands for a pair, ``None`` for one that was refused."""
        return self.queue.job(pair.job) if pair.job else None

    def _push(self, pair: SyncedPair) -> None:
        job = self.queue.job(pair.job)
        if job.state is State.FAILED:
            pair.problem = job.reason
        results = Results(self.queue.layout)
        if job.state is not State.DONE or results.standing(job) is None:
            return
        folder = results.folder_of(job)
        try:
            pair.pushed = push_folder(self.store, folder, self.log, self.options)
        except InputError as exc:
            # Annotations that cannot be carried over do not keep the record back.
            pair.problem = f"aligned, annotations not transferred: {exc}"
            self._push_record(pair, folder)
        except SarAlignError as exc:
            pair.problem = f"aligned, not pushed: {exc}"

    def _push_record(self, pair: SyncedPair, folder: Path) -> None:
        alone = replace(self.options, annotations=False)
        with contextlib.suppress(SarAlignError):
            pair.pushed = push_folder(self.store, folder, self.log, alone)

    def _submission(self, pair: SyncedPair, align: AlignOptions) -> Submission:
        refs = SlideRef(pair.source, self.server), SlideRef(pair.target, self.server)
        infos = [self._info(ref) for ref in refs]
        known = [info for info in infos if not isinstance(info, SlideError)]
        if len(known) == len(refs):
            request = described_request(*refs, align, (known[0], known[1]))
            names = [f"{info.name} ({_short(info.uri)})" for info in known]
            pair.name = " → ".join(names)
        else:
            why = next(info for info in infos if isinstance(info, SlideError))
            request = unreadable_request(*refs, align, str(why))
        return Submission(_named(request, pair), entry=f"{pair.source} → {pair.target}")

    def _info(self, ref: SlideRef) -> SlideInfo | SlideError:
        try:
            with self.store.open(ref.slide) as slide:
                return slide.info
        except SlideError as exc:
            return exc


def deadline_of(until: str | None) -> float | None:
    """Return when ``HH:MM`` comes next, seconds since the epoch; ``None`` for never.

    Raises
    ------
    OptionError
        If it is no time of the day.
    """
    if until is None:
        return None
    try:
        asked = datetime.strptime(until, "%H:%M").astimezone()
    except ValueError as exc:
        raise OptionError(f"{until!r} is no time of the day", remedy="Write 06:00.") from exc
    now = datetime.now().astimezone()
    next_time = now.replace(hour=asked.hour, minute=asked.minute, second=0, microsecond=0)
    if next_time <= now:
        next_time += timedelta(days=1)
    return next_time.timestamp()


def is_over(deadline: float | None) -> bool:
    """Tell whether the time for a sync is up."""
    return deadline is not None and time.time() >= deadline


def workers_within(connections: int) -> int:
    """Return how many pairs may be aligned at once with so many connections.

    Each has one for either slide; one more pushes and keeps the session alive.

    Raises
    ------
    OptionError
        If they are too few for one pair.
    """
    if connections < 3:
        raise OptionError(
            f"{connections!r} connections are too few",
            remedy="One pair needs two, and pushing a third: give 3 or more.",
        )
    return (connections - 1) // 2


def _named(request: Request, pair: SyncedPair) -> Request:
    return replace(request, title=pair.name, label=pair.name.replace(" → ", "--"))


def _short(slide: str) -> str:
    return f"Image:{slide.rpartition('/')[2]}"
