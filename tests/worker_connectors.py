"""Connectors for tests, as a worker process loads them: good ones, and ones that misbehave."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
import weakref
from multiprocessing import shared_memory
from typing import TYPE_CHECKING, Any

import numpy as np
from shapely.geometry import Point
from store_harness import SOURCE, TARGET, Crash, CrashingShelf, MemoryHarness, image

from sar_models.domain.annotations import Annotation
from sar_models.domain.errors import ConflictError, SlideError, StoreError
from sar_models.stores import ArraySlide, MemoryStore
from sar_models.stores.target import Journal
from sar_models.stores.worker.changes import annotations_from_json, annotations_to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sar_models.domain.geometry import Region
    from sar_models.domain.slides import Slide
    from sar_models.stores import PushPlan, PushReport

BACKDOOR = "!"


class OddError(ConflictError):
    """A connector's own kind of conflict."""


class OddSlide(ArraySlide):
    """A slide whose reads do what its name says."""

    def read(self, level: int, region: Region) -> Any:
        name = self.info.uri
        if name == "crashes":
            os._exit(7)
        if name == "hangs":
            time.sleep(600)
        if name == "aborts":
            os.abort()
        if name == "grows":
            hoard = [bytearray(b"x") * 2**20 for _ in range(800)]
            time.sleep(600 + len(hoard))
        if name == "wrong-shape":
            return np.zeros((1, 2, 3), np.uint8)
        if name == "prints":
            sys.stdout.write("connector: password=hunter2 on stdout\n")
            os.write(1, b"native code on fd 1\n")
            subprocess.run([sys.executable, "-c", "print('a child on stdout')"], check=True)
        return super().read(level, region)


ODD = ("crashes", "hangs", "aborts", "grows", "wrong-shape", "prints", "plain")


class OddStore(MemoryStore):
    """A store that misbehaves by the name of the slide that it is asked about."""

    def __init__(self) -> None:
        super().__init__([OddSlide(name, image()) for name in ODD])
        self._hoard: list[bytearray] = []
        self._opened: weakref.WeakSet[OddSlide] = weakref.WeakSet()

    def open(self, slide: str) -> Slide:
        opened = OddSlide(self.shelf.known(slide), image())
        self._opened.add(opened)
        return opened

    def annotations(self, slide: str) -> Sequence[Annotation]:
        command, _, argument = slide.partition(" ")
        return getattr(self, f"_{command}")(argument)  # type: ignore[no-any-return]

    def _pid(self, _: str) -> Sequence[Annotation]:
        return [note(str(os.getpid()))]

    def _segment(self, name: str) -> Sequence[Annotation]:
        """Leave a named segment of shared memory behind, as a careless connector does."""
        shared_memory.SharedMemory(name, create=True, size=4096)
        return []

    def _child(self, _: str) -> Sequence[Annotation]:
        """Start a process that nobody ends."""
        started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        return [note(str(started.pid))]

    def _hoard_mb(self, megabytes: str) -> Sequence[Annotation]:
        self._hoard.append(bytearray(b"x") * (int(megabytes) * 2**20))
        return []

    def _raise(self, kind: str) -> Sequence[Annotation]:
        raise {
            "slide": SlideError("Slide 'x' is torn", remedy="Scan it again."),
            "odd": OddError("Somebody wrote", remedy="Plan again."),
            "bug": KeyError("nix"),
        }[kind]

    def _slides(self, _: str) -> Sequence[Annotation]:
        return [note(str(sum(not slide._closed for slide in self._opened)))]


def note(name: str) -> Annotation:
    return Annotation(uuid.uuid4(), Point(0, 0), name=name)


def open_odd(uri: str) -> OddStore:
    if "refuse" in uri:
        raise StoreError(f"Cannot connect to {uri!r}", remedy="Check the address.")
    if "die" in uri:
        os._exit(3)
    return OddStore()


class ContractStore:
    """Memory stores with a back door for the contract tests: a slide name that is a command.

    One process holds the stores of all tests; each is told apart by its number.
    """

    def __init__(self) -> None:
        self._stores: dict[int, MemoryStore] = {}
        self._use(0)

    def _use(self, number: int) -> None:
        if number not in self._stores:
            slides = [ArraySlide(name, image()) for name in (SOURCE, TARGET)]
            self._stores[number] = MemoryStore(slides)
        self._store = self._stores[number]

    def slides(self) -> Any:
        return self._store.slides()

    def open(self, slide: str) -> Slide:
        return self._store.open(slide)

    def plan(self, change: Any, policy: Any) -> PushPlan:
        return self._store.plan(change, policy)

    def apply(self, plan: PushPlan) -> PushReport:
        try:
            return self._store.apply(plan)
        except Crash:
            raise StoreError("crash on purpose") from None

    def annotations(self, slide: str) -> Sequence[Annotation]:
        if not slide.startswith(BACKDOOR):
            return self._store.annotations(slide)
        name, arguments = json.loads(slide.removeprefix(BACKDOOR))
        answer = getattr(self, f"_{name}")(*arguments)
        return [Annotation(uuid.uuid4(), Point(0, 0), metadata={"answer": json.dumps(answer)})]

    def _write(self, slide: str, annotations: list[dict[str, Any]]) -> None:
        self._store.shelf.save_annotations(slide, annotations_from_json(annotations))

    def _fingerprint(self) -> str:
        harness = MemoryHarness.__new__(MemoryHarness)
        harness.store = self._store
        return harness.fingerprint()

    def _lose_journal(self, slide: str) -> None:
        self._store.shelf.save_journal(slide, Journal())

    def _crash_at(self, fatal: int) -> None:
        shelf: Any = self._store.shelf
        self._store.shelf = CrashingShelf(shelf, fatal)  # type: ignore[assignment]

    def _be_whole(self) -> None:
        self._store.shelf = self._store.shelf._shelf  # type: ignore[attr-defined]

    def _load(self, slide: str) -> dict[str, Any]:
        state = self._store.shelf.load(slide)
        return {
            "annotations": annotations_to_json(state.annotations),
            "published": {k: sorted(v) for k, v in state.journal.published.items()},
            "heads": {k: list(v) for k, v in state.journal.review_heads.items()},
            "version": state.version,
        }

    def _record(self, source: str, target: str) -> list[str] | None:
        found = self._store.shelf.record(source, target)
        return None if found is None else [found.request_id, found.content_sha256]

    def _lock(self, target: str) -> None:
        self._held = self._store.shelf.locked(target)
        self._held.__enter__()

    def _unlock(self) -> None:
        self._held.__exit__(None, None, None)


def open_contract(uri: str) -> ContractStore:
    del uri
    return ContractStore()
