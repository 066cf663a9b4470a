"""Slides of a project's entries: pixels of the file, the pixel size that the project states."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from sar_models.domain.errors import SlideError
from sar_models.stores.readers import open_slide
from sar_models.stores.registry import known_schemes, open_store
from sar_qupath.project import locate
from sar_qupath.project.uris import OmeroImage, omero_image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Region
    from sar_models.domain.slides import Slide, SlideInfo
    from sar_qupath.project import Chain, Entry, ProjectDocument


class EntrySlide:
    """An open slide under an entry's name, with the pixel size that the project states.

    Pixels and coordinates are those of the file; :mod:`sar_qupath.frames` knows the entry's.

    Parameters
    ----------
    slide : Slide
        Closed with this one.
    entry : Entry
    owner : ExitStack
        What has to be closed after it.
    """

    def __init__(self, slide: Slide, entry: Entry, owner: contextlib.ExitStack) -> None:
        self._slide, self._owner = slide, owner
        stated = entry.chain.leaf_mpp if entry.chain is not None else None
        info = replace(slide.info, uri=entry.slide, name=entry.name)
        self._info = info if stated is None else info.with_mpp(stated)

    @property
    def info(self) -> SlideInfo:
        """What is known without reading pixels."""
        return self._info

    def read(self, level: int, region: Region) -> NDArray[np.uint8]:
        """Return the pixels of ``region`` at ``level``: ``(height, width, 3)`` uint8 RGB.

        Raises
        ------
        SlideError
            If the slide is closed, the region does not lie in the level, or it cannot be read.
        """
        return self._slide.read(level, region)

    def close(self) -> None:
        """Release the file; closing twice does nothing."""
        self._slide.close()
        self._owner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def open_entry(project: ProjectDocument, entry: Entry) -> EntrySlide:
    """Open the image of an entry.

    Raises
    ------
    SlideError
        If the entry was refused, or its file is not there or cannot be read.
    StoreError
        If it lies on an OMERO server that cannot be reached.
    """
    chain = usable_chain(entry)
    image = omero_image(chain.leaf.uri)
    with contextlib.ExitStack() as stack:
        if image is not None:
            slide = _open_omero(entry, image, stack)
        else:
            file = locate(chain.leaf.uri, project.path, project.uri)
            slide = open_slide(file, series=chain.leaf.series)
        stack.callback(slide.close)
        return EntrySlide(slide, entry, stack.pop_all())


def usable_chain(entry: Entry) -> Chain:
    """Return where an entry's image comes from.

    Raises
    ------
    SlideError
        If it was refused.
    """
    if entry.chain is None:
        raise SlideError(f"The entry {entry.slide!r} cannot be used: {entry.refusal}")
    return entry.chain


def _open_omero(entry: Entry, image: OmeroImage, stack: contextlib.ExitStack) -> Slide:
    if "omero" not in known_schemes():
        raise SlideError(
            f"The entry {entry.slide!r} shows image {image.image} of the OMERO server "
            f"{image.host!r}, and this version reads no OMERO server",
            remedy="Add the image to the project as a file.",
        )
    store = open_store(image.store)
    close = getattr(store, "close", None)
    if callable(close):
        stack.callback(close)
    info = next(iter(store.slides()), None)
    if info is None:
        raise SlideError(
            f"The OMERO server {image.host!r} has no image {image.image} for the entry "
            f"{entry.slide!r}",
            remedy="Check that you may see it there.",
        )
    return store.open(info.uri)
