"""The reads and writes that pushes into a project are made of: files beside QuPath's own."""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from sar_models.domain.errors import RecordError, SlideError, StoreError
from sar_models.stores.alignment_folder import RECORD_NAME, read_alignment, write_alignment
from sar_models.stores.geojson import encode_geojson, parse_geojson
from sar_models.stores.journal_file import read_journal, reported, write_journal
from sar_models.stores.lock import lock_file
from sar_models.stores.marker import SOURCE_KEY, content_of, is_published, object_id
from sar_models.stores.readers.files import checksum
from sar_models.stores.target import RecordVersion, TargetState
from sar_qupath.exchange import Exported, Wanted, read_exported, read_wanted, write_wanted
from sar_qupath.merging import after_import, outermost, without_foreign
from sar_qupath.places import ENTRY_PREFIX, Places, entry_key, file_part
from sar_qupath.project import locate, read_project
from sar_qupath.project.uris import omero_image

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.annotations import Annotation
    from sar_models.stores.protocols import SlideId
    from sar_models.stores.target import Journal
    from sar_qupath.project import Entry, ProjectDocument


class ProjectShelf:
    """A project as the :class:`~sar_models.stores.target.Shelf` under a sink.

    Objects are in the frame of their entry. What QuPath itself keeps is neither written nor, as it
    is Java's, read: what it last exported stands for it, and what was published since counts as
    imported.

    Parameters
    ----------
    project : Path
        The project file.
    """

    def __init__(self, project: Path) -> None:
        self.project = project
        self.places = Places(project.parent)

    def close(self) -> None:
        """Release nothing: files are closed after each use."""

    @property
    def document(self) -> ProjectDocument:
        """The project as its file tells it now."""
        return read_project(self.project)

    def entry_of(self, slide: SlideId) -> Entry:
        """Return the entry that a slide name means: its name, or ``#`` and its number.

        Raises
        ------
        StoreError
            If the project has no such entry, or several.
        """
        entries = self.document.entries
        found = [entry for entry in entries if slide in (entry.slide, f"#{entry.id}")]
        if len(found) == 1:
            return found[0]
        alike = [entry.slide for entry in entries if slide and entry.name == slide]
        raise StoreError(
            f"The project {str(self.project)!r} has no slide {slide!r}",
            remedy=f"It has {', '.join(alike)}."
            if alike
            else "`sar-align qupath list` names its slides.",
        )

    def slide_id(self, uri: str) -> SlideId:
        """Return the name of the slide that a URI means.

        It may be a slide name, ``...project.qpproj#ID``, or the path of the file of one entry.
        """
        document = self.document
        names = {entry.slide: entry.slide for entry in document.entries}
        names |= {f"#{entry.id}": entry.slide for entry in document.entries}
        numbered = re.fullmatch(r".*\.qpproj(#\d+)", uri)
        known = names.get(uri) or (numbered and names.get(numbered[1]))
        if known:
            return known
        with contextlib.suppress(OSError, ValueError):
            wanted = self.places.project.joinpath(uri).resolve()
            files = [e.slide for e in document.entries if _file_of(document, e) == wanted]
            if len(files) == 1:
                return files[0]
        *parents, name = re.split(r"[/\\]", uri)
        return f"{name}#{hashlib.sha256(uri.encode()).hexdigest()[:8]}" if parents else uri

    def key_of(self, slide: SlideId) -> str:
        """Return how a slide is remembered: by the number of its entry, if it is in here."""
        for entry in self.document.entries:
            if entry.slide == slide and entry.chain is not None:
                return entry_key(entry.id)
        return slide

    def load(self, target: SlideId) -> TargetState:
        """Read what is known of an entry."""
        entry = self.entry_of(target)
        if entry.chain is None:
            raise StoreError(f"The entry {entry.slide!r} cannot be used: {entry.refusal}")
        annotations = self.current(entry)
        journal = read_journal(self.places.journal(entry_key(entry.id)))
        names = self.names()
        return TargetState(
            tuple(renamed(annotation, names) for annotation in annotations),
            replace(journal, published={names.get(k, k): v for k, v in journal.published.items()}),
            self.version(entry),
        )

    def current(self, entry: Entry) -> tuple[Annotation, ...]:
        """Return the objects of an entry, as they will be once QuPath has imported the outbox."""
        exported = self.exported(entry)
        annotations = exported.annotations
        for source, wanted in self.wanted(entry).items():
            imported = exported.imported.get(source, {})
            annotations = after_import(annotations, wanted, imported, source)
        return annotations

    def exported(self, entry: Entry) -> Exported:
        """Return what QuPath had in an entry when it was last asked."""
        return read_exported(self.places.exported(entry_key(entry.id)))

    def wanted(self, entry: Entry) -> dict[str, Wanted]:
        """Return what was published for an entry, by source."""
        target = entry_key(entry.id)
        folder = self.places.outbox(target, "x").parent
        keys = {file_part(key): key for key in self._known_keys(target)}
        found: dict[str, Wanted] = {}
        for path in sorted(folder.glob("*.geojson")):
            wanted = read_wanted(path)
            if wanted is not None:
                source = keys.get(path.stem) or _source_of(wanted) or f"{ENTRY_PREFIX}{path.stem}"
                found[source] = wanted
        return found

    def version(self, entry: Entry) -> str:
        """Return what changes whenever an entry does: through us, QuPath or anybody else."""
        key = entry_key(entry.id)
        files = [
            self.project,
            self.places.data(entry.id) / "data.qpdata",
            self.places.exported(key),
            self.places.journal(key),
            *sorted(self.places.outbox(key, "x").parent.glob("*.geojson")),
        ]
        version = hashlib.sha256()
        for path in files:
            with reported(path, "read"):
                state = f"{path.stat().st_mtime_ns} {checksum(path)}" if path.is_file() else "-"
            version.update(f"{path.name} {state}\n".encode())
        return version.hexdigest()

    def record(self, source: SlideId, target: SlideId) -> RecordVersion | None:
        """Return which alignment of a pair is there; a damaged one counts as none."""
        try:
            stored = read_alignment(self.alignment_folder(source, target))
        except RecordError:
            return None
        return RecordVersion(stored.request_id, stored.content_sha256)

    def as_stored(self, annotation: Annotation) -> Annotation | None:
        """Return an object as QuPath keeps it: valid, on a grid of 0.01 px."""
        stored = parse_geojson(encode_geojson([annotation])).annotations
        return stored[0] if stored else None

    @contextlib.contextmanager
    def locked(self, target: SlideId) -> Iterator[None]:
        """Keep other writers of ours off an entry."""
        lock = self.places.lock(self.key_of(target))
        with reported(self.places.results, "written"):
            self.places.results.mkdir(exist_ok=True)
        with lock_file(lock, f"slide {target!r}"):
            yield

    def save_record(
        self, source: SlideId, target: SlideId, alignment: Alignment, files: Mapping[str, bytes]
    ) -> None:
        """Write the alignment folder of a pair in place of an earlier one."""
        folder = self.alignment_folder(source, target)
        with reported(folder, "written"):
            write_alignment(folder, alignment, files, overwrite=True)

    def delete_record(self, source: SlideId, target: SlideId) -> None:
        """Remove the alignment folder of a pair; the record goes first, so no half one stays."""
        folder = self.alignment_folder(source, target)
        (folder / RECORD_NAME).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)

    def save_annotations(self, target: SlideId, annotations: tuple[Annotation, ...]) -> None:
        """Write what is ours of the objects of an entry into its outbox."""
        entry = self.entry_of(target)
        key, keys = entry_key(entry.id), self.keys()
        stored = tuple(renamed(annotation, keys) for annotation in annotations)
        exported, before = self.exported(entry), self.wanted(entry)
        sources = {a.metadata[SOURCE_KEY] for top in stored for a in top.walk() if is_published(a)}
        for source in sorted(sources | before.keys()):
            objects = tuple(without_foreign(a) for a in outermost(stored, source))
            old = before.get(source, Wanted())
            new = _insisting(Wanted(objects, old.generations), exported, source)
            if source not in before or not same_wanted(old, new):
                write_wanted(self.places.outbox(key, source), new, self.about(source, entry))

    def save_journal(self, target: SlideId, journal: Journal) -> None:
        """Write the journal of an entry."""
        key, keys = self.key_of(target), self.keys()
        published = {keys.get(name, name): ids for name, ids in journal.published.items()}
        write_journal(self.places.journal(key), key, replace(journal, published=published))

    def alignment_folder(self, source: SlideId, target: SlideId) -> Path:
        """Return the alignment folder of a pair."""
        return self.places.alignment(self.key_of(source), self.key_of(target))

    def about(self, source: str, target: Entry) -> dict[str, object]:
        """Return what the scripts are told of a pair, as JSON values."""
        size = None if target.chain is None else target.chain.known_size
        name = self.names().get(source, source)
        return {
            "source": {"key": source, "name": name},
            "target": {
                "id": target.id,
                "name": target.name,
                "size": None if size is None else [size.width, size.height],
            },
        }

    def names(self) -> dict[str, str]:
        """Return slide names by what stands for them in stored objects."""
        return {entry_key(e.id): e.slide for e in self.document.entries if e.chain is not None}

    def keys(self) -> dict[str, str]:
        """Return what stands for slides in stored objects, by their names."""
        return {slide: key for key, slide in self.names().items()}

    def _known_keys(self, target: str) -> set[str]:
        return set(self.names()) | set(read_journal(self.places.journal(target)).published)


def _file_of(document: ProjectDocument, entry: Entry) -> Path | None:
    if entry.chain is None or entry.chain.kind != "file":
        return None
    if omero_image(entry.chain.leaf.uri) is not None:
        return None
    with contextlib.suppress(SlideError):
        return locate(entry.chain.leaf.uri, document.path, document.uri).resolve()
    return None


def _source_of(wanted: Wanted) -> str | None:
    sources = {a.metadata.get(SOURCE_KEY) for a in wanted.annotations}
    return sources.pop() if len(sources) == 1 else None


def renamed(annotation: Annotation, names: Mapping[str, str]) -> Annotation:
    """Return an object whose marker names its source in the other way."""
    children = tuple(renamed(child, names) for child in annotation.children)
    source = annotation.metadata.get(SOURCE_KEY)
    metadata = annotation.metadata
    if source is not None and source in names:
        metadata = {**metadata, SOURCE_KEY: names[source]}
    return replace(annotation, metadata=metadata, children=children)


def _insisting(wanted: Wanted, exported: Exported, source: str) -> Wanted:
    """Return what is wanted, with higher generations for what an import would not bring about."""
    imported = exported.imported.get(source, {})
    result = after_import(exported.annotations, wanted, imported, source)
    there = {object_id(a): content_of(without_foreign(a)) for a in outermost(result, source)}
    asked = {object_id(a): content_of(a) for a in wanted.annotations}
    generations = dict(wanted.generations)
    for name in there.keys() | asked.keys():
        if there.get(name) != asked.get(name):
            generations[name] = max(imported.get(name, 0), generations.get(name, 1)) + 1
    kept = {n: g for n, g in generations.items() if g > 1 and (n in asked or n in there)}
    return Wanted(wanted.annotations, kept)


def same_wanted(old: Wanted, new: Wanted) -> bool:
    """Tell whether two outbox files would want the same."""
    if dict(old.generations) != dict(new.generations):
        return False
    first, second = (
        [(object_id(a), content_of(a), dict(a.metadata)) for a in w.annotations] for w in (old, new)
    )
    return first == second
