"""A project whose objects QuPath's own classes read and write."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import psutil

from sar_models.domain.errors import ConflictError
from sar_models.stores.geojson import NoteBook, feature_texts
from sar_models.stores.journal_file import reported
from sar_models.stores.marker import object_id
from sar_models.stores.target import TargetState
from sar_qupath.exchange import MEMBER, Exported, Wanted, parse_exported
from sar_qupath.merging import foreign_children, import_changes, outermost
from sar_qupath.paquo_backend.doorway import Replacement
from sar_qupath.shelf import ProjectShelf

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sar_models.domain.annotations import Annotation
    from sar_models.stores.protocols import SlideId
    from sar_qupath.project import Entry

IMPORTED = "sar_align.imported"
"""Property of QuPath's image data, saved with the objects that it is about."""
_BACKUPS = 3


class JavaSide(Protocol):
    """What is asked of QuPath's classes; :class:`~sar_qupath.paquo_backend.doorway.JavaProject`."""

    def read(
        self, entry: int, key: str
    ) -> tuple[list[str], dict[str, str], dict[str, dict[str, int]]]:
        """Return the objects of an entry as features, their parents, and a property with JSON."""
        ...

    def replace(
        self, entry: int, change: Replacement, key: str, remembered: Mapping[str, object]
    ) -> None:
        """Change objects of an entry, and save it."""
        ...

    def close(self) -> None:
        """Let go of the project."""
        ...


class PaquoShelf(ProjectShelf):
    """As its base, but what QuPath has is asked of QuPath, and what is wanted is imported at once.

    Parameters
    ----------
    project : Path
        The project file.
    java : JavaSide
    force : bool
        Write although a QuPath is running.
    """

    def __init__(self, project: Path, java: JavaSide, *, force: bool = False) -> None:
        super().__init__(project)
        self._java, self._force = java, force
        self._read: dict[int, tuple[str, Exported]] = {}

    def close(self) -> None:
        """Let go of the project."""
        self._java.close()

    def load(self, target: SlideId) -> TargetState:
        """Read what an entry holds; an object that still waits in the outbox is not there yet."""
        state = super().load(target)
        entry = self.entry_of(target)
        names = self.names()
        imported = {names.get(k, k): ids for k, ids in self.exported(entry).imported.items()}
        there = {str(a.id) for top in state.annotations for a in top.walk()}
        published = {
            source: frozenset(i for i in ids if i in there or i in imported.get(source, {}))
            for source, ids in state.journal.published.items()
        }
        journal = replace(state.journal, published={s: i for s, i in published.items() if i})
        return TargetState(state.annotations, journal, state.version)

    def current(self, entry: Entry) -> tuple[Annotation, ...]:
        """Return the objects that QuPath has."""
        return self.exported(entry).annotations

    def exported(self, entry: Entry) -> Exported:
        """Return what QuPath has in an entry; asked again only when its file changed."""
        stamp = self._stamp(entry)
        known = self._read.get(entry.id)
        if known is None or known[0] != stamp:
            texts, parents, imported = self._java.read(entry.id, IMPORTED)
            member = {"parents": parents, "imported": imported}
            record = {"features": [json.loads(text) for text in texts], MEMBER: member}
            known = stamp, parse_exported(record, f"entry {entry.id}")
            self._read[entry.id] = known
        return known[1]

    def save_annotations(self, target: SlideId, annotations: tuple[Annotation, ...]) -> None:
        """Write what is wanted, and let QuPath import it.

        Raises
        ------
        ConflictError
            If a QuPath is running: it would overwrite what is written here, or be overwritten.
        """
        running = None if self._force else running_qupath()
        if running:
            raise ConflictError(
                f"QuPath is running ({running}): what it has open would be lost, or this",
                remedy="Close it, or use --backend files and its script Import results; --force "
                "writes all the same.",
            )
        super().save_annotations(target, annotations)
        entry = self.entry_of(target)
        exported = self.exported(entry)
        objects, imported = exported.annotations, {k: dict(v) for k, v in exported.imported.items()}
        for source, wanted in self.wanted(entry).items():
            self._import(entry, objects, wanted, imported, source)
            # What one source brings is not another's to look at: ids of ours are kept apart.
            objects = self.exported(entry).annotations

    def _import(
        self,
        entry: Entry,
        objects: tuple[Annotation, ...],
        wanted: Wanted,
        imported: dict[str, dict[str, int]],
        source: str,
    ) -> None:
        before = imported.get(source, {})
        replaced, created = import_changes(objects, wanted, before, source)
        if not replaced and not created:
            return
        new = [*(a for a in replaced.values() if a is not None), *created]
        own = [replace(a, children=tuple(_own(a))) for a in new]
        features = ",".join(feature_texts(own, NoteBook()))
        present = {object_id(a): a for a in outermost(objects, source)}
        change = Replacement(
            f'{{"type":"FeatureCollection","features":[{features}]}}',
            tuple(object_id(a) for a in created),
            {name: a is not None for name, a in replaced.items()},
            {n: tuple(str(c.id) for c in foreign_children(present[n])) for n in replaced},
        )
        after = {n: g for n, g in before.items() if replaced.get(n, "") is not None}
        after |= {object_id(a): wanted.generations.get(object_id(a), 1) for a in new}
        imported[source] = after
        with self._backed_up(entry):
            self._java.replace(entry.id, change, IMPORTED, imported)
        self._read.pop(entry.id, None)

    @contextlib.contextmanager
    def _backed_up(self, entry: Entry) -> Iterator[None]:
        """Copy QuPath's file first; put it back when something goes wrong."""
        file = self.places.data(entry.id) / "data.qpdata"
        folder = self.places.results / "backup" / str(entry.id)
        copy = folder / f"{time.strftime('%Y%m%dT%H%M%S')}-{time.time_ns() % 10**9:09d}.qpdata"
        there = file.is_file()
        with reported(copy, "written"):
            folder.mkdir(parents=True, exist_ok=True)
            if there:
                shutil.copy2(file, copy)
        try:
            yield
        except BaseException:
            if there:
                shutil.copy2(copy, file)
            self._read.pop(entry.id, None)
            raise
        for old in sorted(folder.glob("*.qpdata"))[:-_BACKUPS]:
            old.unlink(missing_ok=True)

    def _stamp(self, entry: Entry) -> str:
        file = self.places.data(entry.id) / "data.qpdata"
        if not file.is_file():
            return "-"
        status = file.stat()
        return f"{status.st_mtime_ns} {status.st_size}"


def running_qupath() -> str:
    """Return the name of a QuPath of this user that runs, empty if none does."""
    own = psutil.Process().username()
    for process in psutil.process_iter(["name", "username", "pid"]):
        name = str(process.info["name"] or "")
        if name.lower().startswith("qupath") and process.info["username"] == own:
            return f"{name}, process {process.info['pid']}"
    return ""


def _own(annotation: Annotation) -> Iterator[Annotation]:
    foreign = {child.id for child in foreign_children(annotation)}
    for child in annotation.children:
        if child.id not in foreign:
            yield replace(child, children=tuple(_own(child)))
