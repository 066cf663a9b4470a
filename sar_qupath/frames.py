"""Coordinates of an entry, as QuPath shows it, and of the file that its pixels come from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.domain.errors import SlideError
from sar_models.domain.transfer.marker import FRAME_KEY, SIZE_KEY
from sar_models.domain.transforms import Affine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.annotations import Annotation
    from sar_models.domain.geometry import Size
    from sar_models.domain.slides import Frame, SlideInfo
    from sar_qupath.project import Chain, Entry


@dataclass(frozen=True, eq=False)
class EntryFrame:
    """Where the pixels of a file lie in an entry.

    Parameters
    ----------
    entry_from_file : Affine
        Level-0 pixels of the file to those of the entry.
    size : Size
        Of the entry, level-0 pixels.
    kind : str
        Written into objects: ``qupath`` for the frame that QuPath gives to a plain file,
        ``qupath-entry`` for that of an entry which is turned, cut or mapped.
    """

    entry_from_file: Affine
    size: Size
    kind: str

    def to_file(self, annotations: Iterable[Annotation]) -> tuple[Annotation, ...]:
        """Return objects of the entry in the file's level-0 pixels."""
        back = self.entry_from_file.inverse()
        return tuple(moved(annotation, back) for annotation in annotations)

    def from_file(self, annotations: Iterable[Annotation]) -> tuple[Annotation, ...]:
        """Return objects of the file's level-0 pixels in the entry's; they say so."""
        return tuple(self._stated(moved(a, self.entry_from_file)) for a in annotations)

    def _stated(self, annotation: Annotation) -> Annotation:
        """Let objects that tell their frame tell this one."""
        metadata = dict(annotation.metadata)
        if FRAME_KEY in metadata:
            metadata |= {FRAME_KEY: self.kind, SIZE_KEY: str(self.size)}
        children = tuple(self._stated(child) for child in annotation.children)
        return replace(annotation, metadata=metadata, children=children)


def frame_of_entry(entry: Entry, info: SlideInfo) -> EntryFrame:
    """Return how an entry shows an opened file.

    Parameters
    ----------
    entry : Entry
        With a chain.
    info : SlideInfo
        Of the file that the chain begins with.

    Raises
    ------
    SlideError
        If the file is not the image that the project describes.
    """
    chain = entry.chain
    if chain is None:
        raise SlideError(entry.refusal)
    leaf = leaf_frame(entry, chain, info)
    entry_from_leaf, size = chain.entry_from_leaf(leaf.size)
    entry_from_file = entry_from_leaf @ Affine.translation(-np.asarray(leaf.offset))
    return EntryFrame(entry_from_file, size, "qupath" if chain.kind == "file" else "qupath-entry")


def leaf_frame(entry: Entry, chain: Chain, info: SlideInfo) -> Frame:
    """Return the part of a file that QuPath reads, by the size that the project states.

    QuPath cuts to the bounds of the file where OpenSlide reads it, not where Bio-Formats does:
    the stated size tells which, and an image of neither size is another one.
    """
    cropped, whole = info.frame_of("qupath"), info.frame_of("file")
    stated = chain.leaf.size
    if stated is None:
        return cropped if chain.leaf.is_cropped else whole
    for frame in (cropped, whole) if chain.leaf.is_cropped else (whole, cropped):
        if frame.size == stated:
            return frame
    raise SlideError(
        f"The entry {entry.slide!r} has an image of {stated} pixels, its file {info.name!r} has "
        f"{cropped.size}",
        remedy="The file was changed since, or QuPath reads another image of it: add it again.",
    )


def moved(annotation: Annotation, affine: Affine) -> Annotation:
    """Return an object and its children, mapped; an identity leaves every bit as it is."""
    if np.array_equal(affine.matrix, np.eye(2, 3)):
        return annotation
    nucleus = annotation.nucleus
    return replace(
        annotation,
        geometry=_mapped(annotation.geometry, affine),
        nucleus=None if nucleus is None else _mapped(nucleus, affine),
        children=tuple(moved(child, affine) for child in annotation.children),
    )


def _mapped(geometry: BaseGeometry, affine: Affine) -> BaseGeometry:
    mapped: BaseGeometry = shapely.transform(geometry, affine.map)
    return mapped
