"""Every store that ships, behind one harness, and what people and crashes do to it."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Any, Protocol

import builders
import imagecodecs
import numpy as np
from shapely.geometry import box

from sar_models.domain.annotations import Annotation
from sar_models.stores import ArraySlide, FolderStore, MemoryStore, Push, PushPolicy
from sar_models.stores.geojson import write_geojson
from sar_models.stores.target import Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from sar_models.domain.alignment import Alignment
    from sar_models.stores import PushReport
    from sar_models.stores.target import Shelf

SOURCE, TARGET = "he.tif", "ihc.tif"
ALL = PushPolicy(publish="all")


def image() -> NDArray[np.uint8]:
    y, x = np.mgrid[0:60, 0:80]
    return np.stack([x * 2, y * 3, x + y], axis=-1).astype(np.uint8)


class Harness(Protocol):
    """A store, and what else a test has to do to it."""

    store: Any

    def person_writes(self, slide: str, annotations: Iterable[Annotation]) -> None:
        """Replace a slide's annotations as a person would, behind our back."""

    def fingerprint(self) -> str:
        """Return something that changes with every write."""

    def lose_journal(self, slide: str) -> None:
        """Forget what was published."""


class FolderHarness:
    def __init__(self, folder: Path) -> None:
        for name in (SOURCE, TARGET):
            # A PNG under the name of a TIFF: the content decides.
            (folder / name).write_bytes(imagecodecs.png_encode(image()))
        self.folder = folder
        self.store = FolderStore(folder)

    def person_writes(self, slide: str, annotations: Iterable[Annotation]) -> None:
        write_geojson(self.folder / f"{slide}.geojson", annotations)

    def fingerprint(self) -> str:
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        states = [(str(p), p.stat().st_mtime_ns, p.stat().st_ino, p.read_bytes()) for p in files]
        return hashlib.sha256(repr(states).encode()).hexdigest()

    def lose_journal(self, slide: str) -> None:
        (self.folder / "sar_align" / f"{slide}.journal.json").unlink()


class MemoryHarness:
    def __init__(self) -> None:
        self.store = MemoryStore([ArraySlide(name, image()) for name in (SOURCE, TARGET)])

    def person_writes(self, slide: str, annotations: Iterable[Annotation]) -> None:
        self.store.shelf.save_annotations(slide, tuple(annotations))

    def fingerprint(self) -> str:
        shelf = self.store.shelf
        return repr((shelf._revisions, {k: id(v) for k, v in shelf.alignments.items()}))

    def lose_journal(self, slide: str) -> None:
        self.store.shelf.save_journal(slide, Journal())


class CrashingShelf:
    """A shelf whose ``fatal``-th write, counted from 1, never happens: the process dies before."""

    def __init__(self, shelf: Shelf, fatal: int) -> None:
        self._shelf = shelf
        self._left = fatal

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._shelf, name)
        if not name.startswith(("save_", "delete_")):
            return member

        def write(*args: Any) -> None:
            self._left -= 1
            if self._left == 0:
                raise Crash
            member(*args)

        return write


class Crash(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


def crashes_at(harness: Harness, act: Callable[[], object], fatal: int) -> bool:
    """Run ``act`` with a crash before write ``fatal``; return whether it came to that."""
    shelf = harness.store.shelf
    harness.store.shelf = CrashingShelf(shelf, fatal)
    try:
        act()
    except Crash:
        return True
    finally:
        harness.store.shelf = shelf
    return False


def note(name: str, x: float = 10.0, **fields: Any) -> Annotation:
    """Return an annotation whose id follows from its name."""
    values: dict[str, Any] = {
        "geometry": box(x, 10, x + 12.25, 30.5),
        "name": name,
        "classification": ("Tumor",),
        "class_color": (200, 0, 0),
        "measurements": {"area": 0.1},
        "metadata": {"sar_align.run": "r1"},
    }
    return Annotation(id=uuid.uuid5(uuid.NAMESPACE_OID, name), **(values | fields))


def push(
    harness: Harness, *notes: Annotation, policy: PushPolicy = ALL, **fields: Any
) -> PushReport:
    """Plan and apply a push of ``notes``."""
    change = push_of(*notes, **fields)
    report: PushReport = harness.store.apply(harness.store.plan(change, policy))
    return report


def push_of(*notes: Annotation, alignment: Alignment | None = None, **fields: Any) -> Push:
    return Push(alignment or builders.make_alignment(), tuple(notes), **fields)


def shapes(annotations: Iterable[Annotation]) -> dict[str, str]:
    """Return what can be seen of annotations: outline by name."""
    return {a.name: a.geometry.normalize().wkt for top in annotations for a in top.walk()}
