"""The memory store behind a worker process, with the harness of the contract tests."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from store_harness import Crash, CrashingShelf

from sar_models.domain.errors import StoreError
from sar_models.stores.target import Journal, RecordVersion, TargetState
from sar_models.stores.worker.changes import annotations_from_json, annotations_to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sar_models.domain.annotations import Annotation
    from sar_models.domain.slides import Slide, SlideInfo
    from sar_models.stores import Push, PushPlan, PushPolicy, PushReport, Withdraw
    from sar_models.stores.worker import WorkerStore


class RemoteShelf:
    """What tests look at of the shelf in the other process."""

    def __init__(self, store: HarnessStore) -> None:
        self._store = store

    def load(self, target: str) -> TargetState:
        found = self._store.ask_backdoor("load", target)
        published = {k: frozenset(v) for k, v in found["published"].items()}
        heads = {k: tuple(v) for k, v in found["heads"].items()}
        return TargetState(
            annotations_from_json(found["annotations"]), Journal(published, heads), found["version"]
        )

    def record(self, source: str, target: str) -> RecordVersion | None:
        found = self._store.ask_backdoor("record", source, target)
        return None if found is None else RecordVersion(*found)

    @contextlib.contextmanager
    def locked(self, target: str) -> Iterator[None]:
        self._store.ask_backdoor("lock", target)
        yield
        self._store.ask_backdoor("unlock")


class HarnessStore:
    """One of the stores in the process, which tests can also break."""

    def __init__(self, worker: WorkerStore, number: int) -> None:
        self._worker, self._number = worker, number
        self._shelf: Any = RemoteShelf(self)

    def slides(self) -> Iterable[SlideInfo]:
        return self._used.slides()

    def open(self, slide: str) -> Slide:
        return self._used.open(slide)

    def annotations(self, slide: str) -> Sequence[Annotation]:
        return self._used.annotations(slide)

    def plan(self, change: Push | Withdraw, policy: PushPolicy) -> PushPlan:
        return self._used.plan(change, policy)

    def apply(self, plan: PushPlan) -> PushReport:
        try:
            return self._used.apply(plan)
        except StoreError as exc:
            if exc.message == "crash on purpose":
                raise Crash from None
            raise

    def ask_backdoor(self, name: str, *arguments: Any) -> Any:
        return _ask(self._used, name, *arguments)

    @property
    def _used(self) -> WorkerStore:
        _ask(self._worker, "use", self._number)
        return self._worker

    @property
    def shelf(self) -> Any:
        return self._shelf

    @shelf.setter
    def shelf(self, shelf: Any) -> None:
        """Take over what tests do to the shelf: crash at a write, and be whole again."""
        if isinstance(shelf, CrashingShelf):
            self.ask_backdoor("crash_at", shelf._left)
        else:
            self.ask_backdoor("be_whole")
        self._shelf = shelf


def _ask(worker: WorkerStore, name: str, *arguments: Any) -> Any:
    (answer,) = worker.annotations(f"!{json.dumps([name, arguments])}")
    return json.loads(answer.metadata["answer"])


class WorkerHarness:
    """A memory store, its connector's process in between."""

    def __init__(self, worker: WorkerStore, numbers: Iterator[int]) -> None:
        self._worker, self._numbers = worker, numbers
        self.store = HarnessStore(worker, next(numbers))

    def another(self) -> WorkerHarness:
        """Return one of an empty store in the same process."""
        return WorkerHarness(self._worker, self._numbers)

    def person_writes(self, slide: str, annotations: Iterable[Annotation]) -> None:
        self.store.ask_backdoor("write", slide, annotations_to_json(annotations))

    def fingerprint(self) -> str:
        return str(self.store.ask_backdoor("fingerprint"))

    def lose_journal(self, slide: str) -> None:
        self.store.ask_backdoor("lose_journal", slide)
