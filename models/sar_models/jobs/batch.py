"""Many pairs of a store as requests of a queue."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sar_models.domain.errors import SlideError
from sar_models.jobs.job import State
from sar_models.jobs.pair_request import described_request, unreadable_request
from sar_models.jobs.queue import Submission
from sar_models.jobs.results import Results
from sar_models.jobs.slide_ref import SlideRef
from sar_models.stores import FolderStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sar_models.domain.slides import SlideInfo
    from sar_models.engine import AlignOptions
    from sar_models.jobs.queue import Queue
    from sar_models.jobs.request import JobId
    from sar_models.stores import PairNames, SlideId, Store


def slide_names(store: Store) -> list[SlideId]:
    """Return the names of all slides of a store, also of those that cannot be opened if known."""
    if isinstance(store, FolderStore):
        return store.names()
    return [info.uri for info in store.slides()]


def pair_submissions(
    store: Store,
    uri: str,
    pairs: Sequence[PairNames],
    options: AlignOptions,
    progress: Callable[[str, float], None],
) -> list[Submission]:
    """Return a submission for every pair; one slide that cannot be opened stops no other pair.

    Parameters
    ----------
    store : Store
    uri : str
        Its URI, under which workers open it.
    pairs : sequence of PairNames
    options : AlignOptions
    progress : callable
        Called with what is done and the fraction of it: each slide is opened once.

    Raises
    ------
    StoreError
        If the store does not answer.
    """
    refer = partial(_ref, store, uri)
    known: dict[SlideId, SlideInfo | SlideError] = {}
    submissions: list[Submission] = []
    for count, pair in enumerate(pairs):
        progress("looking at slides", count / len(pairs))
        for name in (pair.source, pair.target):
            if name not in known:
                known[name] = _info(refer(name))
        source, target = known[pair.source], known[pair.target]
        refs = refer(pair.source), refer(pair.target)
        if isinstance(source, SlideError) or isinstance(target, SlideError):
            why = source if isinstance(source, SlideError) else target
            request = unreadable_request(*refs, options, str(why))
        else:
            request = described_request(*refs, options, (source, target))
        submissions.append(Submission(request, entry=request.title))
    return submissions


def submit_batch(
    queue: Queue, submissions: Iterable[Submission], *, refresh: bool = False
) -> list[JobId]:
    """Submit the pairs of a batch; what is done but whose result is gone is done again."""
    jobs = queue.submit_all(submissions, refresh=refresh)
    results = Results(queue.layout)
    for name in dict.fromkeys(jobs):
        job = queue.job(name)
        if job.state is State.DONE and results.standing(job) is None:
            queue.retry(name, even_done=True)
    return jobs


def _ref(store: Store, uri: str, name: SlideId) -> SlideRef:
    if isinstance(store, FolderStore):
        # As a file its decoding is held to the budget.
        return SlideRef(str(store.path.resolve() / name))
    return SlideRef(name, uri)


def _info(ref: SlideRef) -> SlideInfo | SlideError:
    try:
        with ref.opened() as slide:
            return slide.info
    except SlideError as exc:
        return exc
