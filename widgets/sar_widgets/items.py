"""One alignment with its open slides, as a viewer shows it."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import SlideError
from sar_models.stores.readers import open_slide
from sar_widgets.scene import scene_of, thumbnail
from sar_widgets.tiles import TileRenderer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.annotations import Annotation
    from sar_models.domain.slides import Slide, SlideInfo
    from sar_widgets.options import ViewerOptions

    OpenSlide = Callable[[SlideInfo], Slide]


class Item:
    """An alignment that can be shown.

    Parameters
    ----------
    alignment : Alignment
    source, target : Slide
        Open; closed with the item if ``owned``.
    options : ViewerOptions
    owned : bool
    annotations : tuple of two sequences of Annotation
        Those of the source and of the target, level-0 pixels of their slide.
    """

    def __init__(
        self,
        alignment: Alignment,
        source: Slide,
        target: Slide,
        options: ViewerOptions,
        *,
        owned: bool = True,
        annotations: tuple[Sequence[Annotation], Sequence[Annotation]] = ((), ()),
    ) -> None:
        self.token = alignment.content_sha256
        self.alignment = alignment
        self.renderer = TileRenderer(alignment, source, target, options)
        self._slides = (source, target) if owned else ()
        self._source = source
        self._annotations = annotations
        self._lock = threading.Lock()
        self._message: tuple[dict[str, Any], list[bytes]] | None = None

    def message(self) -> tuple[dict[str, Any], list[bytes]]:
        """Return what the page needs to show the item, and the picture of the source slide."""
        with self._lock:
            if self._message is None:
                scene = scene_of(self.alignment, self.renderer.grid, *self._annotations)
                self._message = scene, [thumbnail(self._source)]
            return self._message

    def close(self) -> None:
        """Close the slides."""
        for slide in self._slides:
            slide.close()


def open_item(
    alignment: Alignment,
    opener: OpenSlide,
    options: ViewerOptions,
    *,
    annotations: tuple[Sequence[Annotation], Sequence[Annotation]] = ((), ()),
) -> Item:
    """Open both slides of an alignment and check that they are the ones that were aligned.

    Raises
    ------
    SlideError
        If one cannot be opened, or is another one by now.
    """
    with contextlib.ExitStack() as stack:
        slides = []
        for info in (alignment.pair.source, alignment.pair.target):
            slide = stack.enter_context(opener(info))
            check_same(slide.info, info)
            slides.append(slide)
        stack.pop_all()
    return Item(alignment, slides[0], slides[1], options, annotations=annotations)


def check_same(found: SlideInfo, recorded: SlideInfo) -> None:
    """Refuse a slide that is not the one that was aligned.

    Raises
    ------
    SlideError
        If its size or its content differs.
    """
    same = found.checksum == recorded.checksum or not (found.checksum and recorded.checksum)
    if found.size != recorded.size or not same:
        raise SlideError(
            f"Slide {found.name!r} ({found.size} pixels) is not the one that was aligned "
            f"({recorded.name!r}, {recorded.size} pixels)",
            remedy="Give the slide as it was, or align the pair again.",
        )


def slide_opener(*folders: Path) -> OpenSlide:
    """Return a function that opens the slide of a record: where it was, or in these folders.

    Parameters
    ----------
    folders : Path
        Looked through in order, then the place that the record names.
    """

    def opener(info: SlideInfo) -> Slide:
        name = Path(info.uri).name
        places = [*(folder / name for folder in folders), Path(info.uri)]
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            raise SlideError(
                f"The slide {info.name!r} is not at {info.uri!r}"
                + (f" and not in {', '.join(str(f) for f in folders)}" if folders else ""),
                remedy="Say where the slides are: slides=FOLDER.",
            )
        return open_slide(found, series=info.series or None)

    return opener
