"""``ImageViewer``: the fallback where custom widgets do not run: one picture and some buttons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import ipywidgets
import numpy as np

from sar_models.domain.errors import OptionError
from sar_models.stores.alignment_folder import read_alignment
from sar_widgets.grid import TileBox
from sar_widgets.items import Item, check_same, open_item, slide_opener
from sar_widgets.options import ViewerOptions
from sar_widgets.picture import PICTURE_MODES, picture

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment
    from sar_models.domain.slides import Slide


@dataclass(frozen=True)
class _Place:
    """What is looked at: the centre and the width, target level-0 pixels."""

    x: float
    y: float
    width: float


class ImageViewer(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Show an alignment as one picture, rendered anew at every step.

    Parameters
    ----------
    alignment : Alignment or path
    source, target : Slide, optional
        Open slides; both or none. They stay open.
    slides : path, optional
        Folder to look for the slide files in.
    mode : str
        One of `PICTURE_MODES`.
    width, height : int
        Of the picture, pixels.
    options : ViewerOptions, optional

    Raises
    ------
    OptionError
        If the mode is not known, or only one slide is given.
    SlideError
        If a slide cannot be opened, or is not the one that was aligned.
    """

    def __init__(
        self,
        alignment: Alignment | Path | str,
        source: Slide | None = None,
        target: Slide | None = None,
        *,
        slides: Path | str | None = None,
        mode: str = "overlay",
        width: int = 800,
        height: int = 600,
        options: ViewerOptions | None = None,
    ) -> None:
        if mode not in PICTURE_MODES:
            raise OptionError(f"Unknown mode {mode!r}", remedy=f"Use one of {PICTURE_MODES!r}.")
        if isinstance(alignment, str | Path):
            alignment = read_alignment(Path(alignment))
        self._item = _item(alignment, source, target, slides, options or ViewerOptions())
        self._size = width, height
        self._place = self._whole()
        self.image = ipywidgets.Image(format="jpeg")
        self._mode = ipywidgets.Dropdown(options=PICTURE_MODES, value=mode, description="Mode")
        self._share = ipywidgets.FloatSlider(
            0.5, min=0.0, max=1.0, step=0.05, description="Source", continuous_update=False
        )
        for control in (self._mode, self._share):
            control.observe(lambda _: self.draw(), "value")
        self._buttons = [
            self._button(text, move)
            for text, move in (
                ("+", (0.0, 0.0, 0.5)),
                ("−", (0.0, 0.0, 2.0)),  # noqa: RUF001 - a minus sign, for people
                ("←", (-0.3, 0.0, 1.0)),
                ("→", (0.3, 0.0, 1.0)),
                ("↑", (0.0, -0.3, 1.0)),
                ("↓", (0.0, 0.3, 1.0)),
            )
        ]
        row = ipywidgets.HBox([self._mode, self._share, *self._buttons])
        super().__init__([row, self.image])
        self.draw()

    def draw(self) -> None:
        """Render the picture."""
        rgb = picture(self._item.renderer, self._box(), self._mode.value, self._share.value)
        done, data = cv2.imencode(".jpg", np.ascontiguousarray(rgb[..., ::-1]))
        if done:
            self.image.value = data.tobytes()

    def go_to(self, x: float, y: float, width: float) -> None:
        """Show another place: centre and width in target level-0 pixels."""
        if not width > 0:
            raise OptionError(f"A width of {width!r} pixels is impossible")
        self._place = _Place(x, y, width)
        self.draw()

    def close(self) -> None:
        """Close the slides that were opened here, take it off the page."""
        item = getattr(self, "_item", None)
        if item is not None:
            item.close()
        super().close()

    def _button(self, text: str, move: tuple[float, float, float]) -> ipywidgets.Button:
        button = ipywidgets.Button(description=text, layout=ipywidgets.Layout(width="40px"))
        button.on_click(lambda _: self._move(*move))
        return button

    def _move(self, right: float, down: float, zoom: float) -> None:
        here = self._place
        self._place = replace(
            here,
            x=here.x + right * here.width,
            y=here.y + down * here.width,
            width=here.width * zoom,
        )
        self.draw()

    def _whole(self) -> _Place:
        size = self._item.renderer.grid.size
        across = max(size.width, size.height * self._size[0] / self._size[1])
        return _Place(size.width / 2, size.height / 2, across)

    def _box(self) -> TileBox:
        width, height = self._size
        half_x = self._place.width / 2
        half_y = half_x * height / width
        x, y = self._place.x, self._place.y
        return TileBox(x - half_x, y - half_y, x + half_x, y + half_y, width, height)


def _item(
    alignment: Alignment,
    source: Slide | None,
    target: Slide | None,
    slides: Path | str | None,
    options: ViewerOptions,
) -> Item:
    if source is None and target is None:
        return open_item(
            alignment, slide_opener(*([] if slides is None else [Path(slides)])), options
        )
    if source is None or target is None:
        raise OptionError("Only one slide is given", remedy="Give both, or none.")
    check_same(source.info, alignment.pair.source)
    check_same(target.info, alignment.pair.target)
    return Item(alignment, source, target, options, owned=False)
