"""``AlignmentViewer``: one alignment, source warped onto target, at any zoom."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import OptionError, SarAlignError
from sar_models.stores.alignment_folder import read_alignment
from sar_widgets.canvas import Canvas
from sar_widgets.items import Item, check_same, open_item, slide_opener

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.annotations import Annotation
    from sar_models.domain.slides import Slide
    from sar_widgets.options import ViewerOptions

_RANK_OPEN = -1


class AlignmentViewer(Canvas):
    """Show an alignment in a notebook.

    The slides are opened, and everything is rendered, in threads; the kernel stays free.

    Parameters
    ----------
    alignment : Alignment or path
        An alignment, or the folder that ``sar-align align`` wrote.
    source, target : Slide, optional
        Open slides, for pixels that are no files; both or none. They stay open.
    slides : path, optional
        Folder to look for the slide files in, before the places that the record names.
    annotations : (sequence of Annotation, sequence of Annotation)
        Of the source and of the target, level-0 pixels of their slide.
    options : ViewerOptions, optional
    **traits
        ``mode`` (``side``, ``overlay``, ``swipe``, ``checkerboard``, ``flicker``, ``edges``,
        ``haematoxylin``), ``opacity`` of the source in [0, 1], ``height`` in screen pixels.

    Raises
    ------
    RecordError
        If the folder holds no alignment.
    OptionError
        If only one slide is given.
    SlideError
        If a given slide is not the one that was aligned.

    Examples
    --------
    >>> AlignmentViewer("aligned/case-7")  # doctest: +SKIP
    """

    def __init__(
        self,
        alignment: Alignment | Path | str,
        source: Slide | None = None,
        target: Slide | None = None,
        *,
        slides: Path | str | None = None,
        annotations: tuple[Sequence[Annotation], Sequence[Annotation]] = ((), ()),
        options: ViewerOptions | None = None,
        **traits: Any,
    ) -> None:
        if (source is None) != (target is None):
            raise OptionError("Only one slide is given", remedy="Give both, or none.")
        if isinstance(alignment, str | Path):
            alignment = read_alignment(Path(alignment))
        self._alignment = alignment
        self._given = None if source is None or target is None else (source, target)
        if self._given is not None:
            for slide, info in zip(
                self._given, (alignment.pair.source, alignment.pair.target), strict=True
            ):
                check_same(slide.info, info)
        self._annotations = annotations
        self._opener = slide_opener(*([] if slides is None else [Path(slides)]))
        self._opening = threading.Lock()
        super().__init__(options, **traits)

    def answer(self, message: Mapping[str, Any]) -> None:
        """Show the alignment to a page that says hello, also to one that was loaded again."""
        if message.get("type") == "hello":
            self.session.pool.submit(self._show, rank=_RANK_OPEN)

    def _show(self) -> None:
        try:
            with self._opening:
                item = self.session.item(self._alignment.content_sha256)
                if item is None:
                    item = self._open()
                    self.session.add(item)
        except SarAlignError as exc:
            self._post({"type": "error", "message": str(exc)}, [])
            return
        scene, pictures = item.message()
        self._post({"type": "item", "scene": scene, "state": None}, pictures)

    def _open(self) -> Item:
        options = self.session.options
        if self._given is None:
            return open_item(self._alignment, self._opener, options, annotations=self._annotations)
        return Item(
            self._alignment, *self._given, options, owned=False, annotations=self._annotations
        )
