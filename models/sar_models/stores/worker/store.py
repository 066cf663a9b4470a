"""A store whose connector runs in a process of its own."""

from __future__ import annotations

import collections
import threading
import weakref
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Self

from sar_models.domain.records import SlideRecord, slide_from_record
from sar_models.stores.worker.changes import (
    annotations_from_json,
    change_to_json,
    plan_from_json,
    plan_to_json,
    report_from_json,
)
from sar_models.stores.worker.options import WorkerOptions
from sar_models.stores.worker.process import WorkerProcess
from sar_models.stores.worker.shared_buffer import SharedBuffer
from sar_models.stores.worker.slide import WorkerSlide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from sar_models.domain.annotations import Annotation
    from sar_models.domain.slides import Slide, SlideInfo
    from sar_models.stores.changes import Push, PushPlan, PushPolicy, PushReport, Withdraw
    from sar_models.stores.protocols import SlideId
    from sar_models.stores.registry import StoreEntry


class WorkerStore:
    """The store protocols over a connector in another process.

    Records cross as JSON, pixels through shared memory. The process is started by the first
    request and, when it crashed, hung or grew too large, anew by the next one: the request that
    met it ends in a :class:`~sar_models.domain.errors.WorkerError`, the caller goes on. Threads
    may share a store; their requests wait for each other.

    Parameters
    ----------
    scheme : str
        Kind of the store, for messages.
    entry : StoreEntry
        How the connector opens it.
    uri : str
        What it opens; goes through a pipe, never onto a command line.
    options : WorkerOptions, optional
    """

    def __init__(
        self, scheme: str, entry: StoreEntry, uri: str, options: WorkerOptions | None = None
    ) -> None:
        self._scheme, self._entry, self._uri = scheme, entry, uri
        self._options = options or WorkerOptions()
        self._lock = threading.RLock()
        self._running: _Running | None = None
        self._forgotten: collections.deque[tuple[_Running, int]] = collections.deque()

    def start(self) -> None:
        """Start the process and open the store, unless that is done.

        Raises
        ------
        StoreError
            If the store cannot be opened, or what the connector needs is not installed.
        """
        with self._lock:
            self._current()

    @property
    def pid(self) -> int | None:
        """Number of the process, ``None`` while there is none."""
        running = self._running
        return None if running is None else running.process.pid

    def slides(self) -> Iterable[SlideInfo]:
        """Return all slides."""
        return [_info(found) for found in self._ask("slides", {}, self._options.query_s)]

    def open(self, slide: SlideId) -> Slide:
        """Open a slide for tile reads."""
        return WorkerSlide(self, slide, *self._opened(slide))

    def reopen(self, slide: SlideId) -> tuple[_Running, int]:
        """Open a slide again, in the process that runs now."""
        return self._opened(slide)[1]

    def _opened(self, slide: SlideId) -> tuple[SlideInfo, tuple[_Running, int]]:
        with self._lock:
            running = self._current()
            found = self._ask("open", {"slide": slide}, self._options.query_s)
            return _info(found["info"]), (running, int(found["number"]))

    def annotations(self, slide: SlideId) -> Sequence[Annotation]:
        """Return the annotations of a slide."""
        found = self._ask("annotations", {"slide": slide}, self._options.query_s)
        return annotations_from_json(found)

    def plan(self, change: Push | Withdraw, policy: PushPolicy) -> PushPlan:
        """Return what a change means; reads only."""
        arguments = {"change": change_to_json(change), "policy": asdict(policy)}
        return plan_from_json(self._ask("plan", arguments, self._options.query_s), change, policy)

    def apply(self, plan: PushPlan) -> PushReport:
        """Do what a plan says; after a crash in the middle the next push repairs it."""
        arguments = {
            "plan": plan_to_json(plan),
            "change": change_to_json(plan.change),
            "policy": asdict(plan.policy),
        }
        return report_from_json(self._ask("apply", arguments, self._options.write_s))

    def answer(self, question: str, arguments: Mapping[str, Any]) -> Any:
        """Return what the connector answers to a question of its own kind, as JSON values.

        Arguments go through a pipe: they may be secrets.
        """
        asked = {"question": question, "arguments": dict(arguments)}
        return self._ask("answer", asked, self._options.write_s)

    def close(self) -> None:
        """End the process; a later request starts another one."""
        with self._lock:
            running, self._running = self._running, None
            if running is not None:
                running.end(WorkerProcess.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def read_block(
        self, reference: tuple[_Running, int], level: int, block: tuple[int, int, int, int]
    ) -> NDArray[Any] | None:
        """Return the pixels of one block, ``None`` if the slide's process is gone.

        Parameters
        ----------
        reference : (running process, number)
            From :meth:`open`.
        level : int
        block : (x, y, width, height)
            No more pixels than the shared buffer holds.
        """
        running, number = reference
        with self._lock:
            if self._current() is not running:
                return None
            arguments = {"number": number, "level": level, "region": block}
            rows, columns, bands = self._ask("read", arguments, self._options.read_s)
            return running.buffer.get((rows, columns, bands))

    def forget(self, reference: tuple[_Running, int]) -> None:
        """Close a slide with the next request: safe at any moment, also from a finaliser."""
        self._forgotten.append(reference)

    @property
    def block_pixels(self) -> int:
        """How many RGB pixels one block may have."""
        return self._options.buffer_bytes // 3

    def _ask(self, operation: str, arguments: dict[str, Any], timeout_s: float) -> Any:
        with self._lock:
            running = self._current()
            while self._forgotten:
                owner, number = self._forgotten.popleft()
                if owner is running:
                    running.process.ask("close", {"number": number}, self._options.read_s)
            return running.process.ask(operation, arguments, timeout_s)

    def _current(self) -> _Running:
        """Return the process, a new one if there is none that can go on."""
        running = self._running
        if running is not None:
            grown = running.process.memory_bytes > self._options.memory_bytes
            if running.process.is_alive and not grown:
                return running
            self._running = None
            running.end(WorkerProcess.close if grown else WorkerProcess.kill)
        running = _Running(self._scheme, self._options)
        try:
            running.process.ask(
                "start",
                {
                    "scheme": self._scheme,
                    "opener": self._entry.opener,
                    "extra": self._entry.extra,
                    "uri": self._uri,
                    "buffer": running.buffer.told(),
                },
                self._options.start_s,
            )
        except BaseException:
            running.end(WorkerProcess.kill)
            raise
        self._running = running
        # Also when nobody closes the store: with the last reference to it, or at exit.
        running.unowned = weakref.finalize(self, running.end, WorkerProcess.kill)
        return running


class _Running:
    """A process together with the memory that it shares."""

    def __init__(self, name: str, options: WorkerOptions) -> None:
        self.unowned: weakref.finalize[..., Any] | None = None
        self.buffer = SharedBuffer(options.buffer_bytes)
        try:
            self.process = WorkerProcess(name, self.buffer.inherited, options.memory_bytes)
        except BaseException:
            self.buffer.close()
            raise

    def end(self, how: Callable[[WorkerProcess], None]) -> None:
        if self.unowned is not None:
            self.unowned.detach()
        how(self.process)
        self.buffer.close()


def _info(values: dict[str, Any]) -> SlideInfo:
    return slide_from_record(SlideRecord.model_validate(values))


def open_in_worker(
    scheme: str, entry: StoreEntry, uri: str, options: WorkerOptions | None = None
) -> WorkerStore:
    """Open a store in a process of its own; see :class:`WorkerStore`.

    Raises
    ------
    StoreError
        If it cannot be opened.
    """
    store = WorkerStore(scheme, entry, uri, options)
    store.start()
    return store
