"""Objects of a source that somebody exported by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_models.stores.geojson import read_geojson
from sar_qupath.pushing import entry_of_slide

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.annotations import Annotation
    from sar_qupath.store import ProjectStore


def source_objects(
    store: ProjectStore, alignment: Alignment, file: Path | None
) -> tuple[Annotation, ...] | None:
    """Return the objects of a GeoJSON file that QuPath exported, in the source file's frame.

    Parameters
    ----------
    store : ProjectStore
    alignment : Alignment
        Whose source the file is of.
    file : Path or None
        ``None``: what the project knows is taken.

    Raises
    ------
    AnnotationError
        If it cannot be read.
    """
    if file is None:
        return None
    source = entry_of_slide(store, alignment.pair.source).slide
    return store.frame_of(source).to_file(read_geojson(file).annotations)
