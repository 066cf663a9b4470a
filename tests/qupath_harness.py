"""A project behind the store contract, and what people do to it in QuPath."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import qupath_projects
from store_harness import image

from sar_models.stores.geojson import encode_geojson
from sar_qupath.exchange import MEMBER
from sar_qupath.opening import open_project
from sar_qupath.paquo_backend.doorway import JavaProject
from sar_qupath.paquo_backend.shelf import PaquoShelf
from sar_qupath.places import entry_key
from sar_qupath.shelf import ProjectShelf, renamed
from sar_qupath.store import ProjectStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sar_models.domain.annotations import Annotation


class ProjectHarness:
    """The store without Java; a person's QuPath imports the outbox before anything else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = qupath_projects.project_of_files(folder, he=image(), ihc=image())
        self.store = open_project(f"qupath:{self.file}")
        self._shelf = ProjectShelf(self.file)

    def person_writes(self, slide: str, annotations: Iterable[Annotation]) -> None:
        shelf = self._shelf
        entry = shelf.entry_of(slide)
        imported: dict[str, dict[str, int]] = {}
        for source, wanted in shelf.wanted(entry).items():
            before = shelf.exported(entry).imported.get(source, {})
            now = {str(a.id): wanted.generations.get(str(a.id), 1) for a in wanted.annotations}
            imported[source] = {**before, **now}
        record = json.loads(encode_geojson(renamed(a, shelf.keys()) for a in annotations))
        path = shelf.places.exported(entry_key(entry.id))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record | {MEMBER: {"imported": imported}}), encoding="utf-8")

    def fingerprint(self) -> str:
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        states = [(str(p), p.stat().st_mtime_ns, p.stat().st_ino, p.read_bytes()) for p in files]
        return hashlib.sha256(repr(states).encode()).hexdigest()

    def lose_journal(self, slide: str) -> None:
        self._shelf.places.journal(self._shelf.key_of(slide)).unlink()


FAKE_PAQUO = Path(__file__).parent / "fake_paquo"


class PaquoHarness(ProjectHarness):
    """The same through QuPath's own classes, here those of a paquo without Java."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        java = JavaProject.open(self.file)
        # A QuPath that somebody has open on the machine of the test is none of its business.
        self.store = ProjectStore(PaquoShelf(self.file, java, force=True))

    def person_writes(self, slide: str, annotations: Iterable[Annotation]) -> None:
        entry = self._shelf.entry_of(slide)
        file = self._shelf.places.data(entry.id) / "data.qpdata"
        content = file.read_bytes()
        stored = json.loads(content) if content.startswith(b"{") else {"properties": {}}
        keys = self._shelf.keys()
        features = json.loads(encode_geojson(renamed(a, keys) for a in annotations))["features"]
        file.write_text(json.dumps(stored | {"objects": features}), encoding="utf-8")


@contextlib.contextmanager
def paquo_without_java() -> Iterator[None]:
    """Let `import paquo` find the fake."""
    names = ("paquo", "jpype")
    before = {n: m for n, m in sys.modules.items() if n.partition(".")[0] in names}
    for name in before:
        del sys.modules[name]
    sys.path.insert(0, str(FAKE_PAQUO))
    try:
        yield
    finally:
        sys.path.remove(str(FAKE_PAQUO))
        for name in [n for n in sys.modules if n.partition(".")[0] in names]:
            del sys.modules[name]
        sys.modules.update(before)
