"""The files of a folder store: GeoJSON beside the slides, records and journals below."""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from shapely.affinity import translate

from sar_models.domain.errors import RecordError, StoreError
from sar_models.stores.alignment_folder import RECORD_NAME, read_alignment, write_alignment
from sar_models.stores.geojson import encode_geojson, parse_geojson, read_geojson, write_geojson
from sar_models.stores.journal_file import (
    JOURNAL_SUFFIX,
    read_journal,
    reported,
    write_journal,
)
from sar_models.stores.lock import lock_file
from sar_models.stores.readers import IMAGE_SUFFIXES, open_slide
from sar_models.stores.target import RecordVersion, TargetState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.annotations import Annotation
    from sar_models.domain.slides import FrameKind
    from sar_models.stores.protocols import SlideId
    from sar_models.stores.target import Journal

RESULTS = "sar_align"
"""Sub-folder for everything that is ours alone."""


class FolderShelf:
    """Reads and writes of a :class:`FolderStore`; see :class:`Shelf`.

    Parameters
    ----------
    folder : Path
        The folder of slides.
    frame : {"qupath", "file"}
        Frame that the GeoJSON files are in; annotations are handed over in the file's frame.
    """

    def __init__(self, folder: Path, frame: FrameKind = "qupath") -> None:
        self.folder = folder
        self.frame = frame
        self.results = folder / RESULTS

    def file_of(self, slide: SlideId) -> Path:
        """Return the file of a slide.

        Raises
        ------
        StoreError
            If it is not a plain name, or the folder has no such file: a name never leads out of
            the folder.
        """
        name = self.slide_id(slide)
        plain = name not in ("", ".", "..") and not re.search(r"[/\\:\0]", name)
        path = self.folder / name if plain else None
        if path is None or not path.is_file():
            raise StoreError(
                f"The folder {str(self.folder)!r} has no slide {slide!r}",
                remedy="Give the name of a file in it.",
            )
        return path

    def slide_id(self, uri: str) -> SlideId:
        """Return the file name of a path into this folder; a name without path of one elsewhere.

        Names go into annotation files, which travel; paths may tell patients' names.
        """
        path = Path(uri)
        with contextlib.suppress(OSError, ValueError):
            if path.parent != Path() and path.parent.resolve() == self.folder.resolve():
                return path.name
        *parents, name = re.split(r"[/\\]", uri)
        if not parents:
            return uri
        return f"{name}#{hashlib.sha256(uri.encode()).hexdigest()[:8]}"

    def annotation_file(self, slide: SlideId) -> Path:
        """Return the GeoJSON of a slide: the one that exists, else the one to create.

        QuPath names its exports ``slide.geojson``, without the suffixes of ``slide.ome.tif``.

        Raises
        ------
        StoreError
            If there are two, or another slide could own it as well.
        """
        path = self.file_of(slide)
        stems = dict.fromkeys((path.name, path.stem, path.stem.removesuffix(".ome")))
        found = [f for stem in stems if (f := path.with_name(f"{stem}.geojson")).is_file()]
        full = path.with_name(f"{path.name}.geojson")
        if not found:
            return full
        if len(found) > 1 or (found[0] != full and self._has_twin(path)):
            raise StoreError(
                f"It is unclear whether {found[-1].name!r} belongs to slide {path.name!r}",
                remedy=f"Keep one file, named {full.name!r}.",
            )
        return found[0]

    def _has_twin(self, path: Path) -> bool:
        """Tell whether another slide has the same name but for its suffix."""
        stem = path.stem.removesuffix(".ome")
        return any(
            other != path
            and other.suffix.lower() in IMAGE_SUFFIXES
            and other.stem.removesuffix(".ome") == stem
            for other in self.folder.iterdir()
        )

    def load(self, target: SlideId) -> TargetState:
        """Read the GeoJSON and the journal of a slide."""
        file, journal = self.annotation_file(target), self._journal_file(target)
        version = hashlib.sha256()
        with reported(file, "read"):
            for path in (file, journal):
                content = path.read_bytes() if path.is_file() else b"\0"
                version.update(hashlib.sha256(content).digest())
        annotations = read_geojson(file).annotations if file.is_file() else ()
        if annotations:
            x, y = self._offset(target)
            annotations = tuple(shifted(annotation, x, y) for annotation in annotations)
        return TargetState(annotations, read_journal(journal), version.hexdigest())

    def record(self, source: SlideId, target: SlideId) -> RecordVersion | None:
        """Return which alignment of a pair lies in the folder; a damaged one counts as none."""
        folder = self.alignment_folder(source, target)
        try:
            stored = read_alignment(folder)
        except RecordError:
            return None
        return RecordVersion(stored.request_id, stored.content_sha256)

    def as_stored(self, annotation: Annotation) -> Annotation | None:
        """Return an object as GeoJSON keeps it: valid, on a grid of 0.01 px."""
        stored = parse_geojson(encode_geojson([annotation])).annotations
        return stored[0] if stored else None

    @contextlib.contextmanager
    def locked(self, target: SlideId) -> Iterator[None]:
        """Keep other writers off a slide."""
        with reported(self.results, "written"):
            self.results.mkdir(exist_ok=True)
        with lock_file(self.results / f"{target}.lock", f"slide {target!r}"):
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
        """Write the GeoJSON of a slide."""
        file = self.annotation_file(target)
        x, y = self._offset(target)
        with reported(file, "written"):
            write_geojson(file, (shifted(annotation, -x, -y) for annotation in annotations))

    def save_journal(self, target: SlideId, journal: Journal) -> None:
        """Write the journal of a slide."""
        write_journal(self._journal_file(target), target, journal)

    def alignment_folder(self, source: SlideId, target: SlideId) -> Path:
        """Return the alignment folder of a pair: readable, and unlike that of any other pair."""
        digest = hashlib.sha256(f"{source}\0{target}".encode()).hexdigest()[:8]
        names = "_to_".join(re.sub(r"[^\w.+-]+", "_", name)[-40:] for name in (source, target))
        return self.results / f"{names}_{digest}"

    def _journal_file(self, target: SlideId) -> Path:
        return self.results / f"{target}{JOURNAL_SUFFIX}"

    def _offset(self, slide: SlideId) -> tuple[float, float]:
        """Return where the frame of the GeoJSON begins in the file's."""
        with open_slide(self.file_of(slide)) as opened:
            return opened.info.frame_of(self.frame).offset


def shifted(annotation: Annotation, x: float, y: float) -> Annotation:
    """Return an object and its children moved by (x, y)."""
    if x == 0 and y == 0:
        return annotation
    nucleus = annotation.nucleus
    return replace(
        annotation,
        geometry=translate(annotation.geometry, x, y),
        nucleus=None if nucleus is None else translate(nucleus, x, y),
        children=tuple(shifted(child, x, y) for child in annotation.children),
    )
