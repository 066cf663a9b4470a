"""Tiles of both layers, ready to be sent; the warped source slide is never made as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.domain.errors import EngineError
from sar_widgets.grid import TileGrid, TileKey
from sar_widgets.placing import SourcePlaces
from sar_widgets.slide_reading import read_patch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.slides import Slide
    from sar_widgets.grid import TileBox
    from sar_widgets.options import ViewerOptions
    from sar_widgets.placing import Placed

JPEG = "image/jpeg"
WEBP = "image/webp"
EMPTY = ""


@dataclass(frozen=True)
class Tile:
    """A finished tile.

    Parameters
    ----------
    data : bytes
    media_type : str
        JPEG for a full tile, WebP (which can be transparent) for one that is not, empty for one
        that shows nothing.
    """

    data: bytes
    media_type: str


class TileRenderer:
    """Makes the tiles of one alignment. Threads may share it.

    Parameters
    ----------
    alignment : Alignment
    source, target : Slide
        Open; they belong to the caller.
    options : ViewerOptions
    """

    def __init__(
        self, alignment: Alignment, source: Slide, target: Slide, options: ViewerOptions
    ) -> None:
        self.grid = TileGrid(alignment.pair.target.size, options.tile_px)
        self._source, self._target = source, target
        self._places = SourcePlaces(alignment)
        self._quality = options.quality

    def tile(self, key: TileKey) -> Tile:
        """Return a tile.

        Raises
        ------
        OptionError
            If the pyramid has no such tile.
        SlideError
            If the slide cannot be read.
        """
        return self._encoded(self.rgba(self.grid.box(key), key.layer == "source"))

    def rgba(self, box: TileBox, of_source: bool) -> NDArray[np.uint8]:
        """Return the pixels of one layer in a rectangle, ``(H, W, 4)``.

        Alpha is 255 where the layer shows something and 0 elsewhere: the source is transparent
        where it has no counterpart.
        """
        out = np.zeros((box.height, box.width, 4), dtype=np.uint8)
        if not of_source:
            at = box.at(np.arange(box.width, dtype=float), np.arange(box.height, dtype=float))
            shown = _inside(at, self._target)
            if shown.any():
                _draw(out, self._target, at, shown, box.pixel_size[0])
            return out
        for part in self._places.of(box):
            self._draw_source(out, part)
        return out

    def _draw_source(self, out: NDArray[np.uint8], part: Placed) -> None:
        shown = part.own & _inside(part.at_source, self._source)
        if shown.any():
            _draw(out, self._source, part.at_source, shown, _pixel_size(part.at_source))

    def _encoded(self, rgba: NDArray[np.uint8]) -> Tile:
        alpha = rgba[..., 3]
        if not alpha.any():
            return Tile(b"", EMPTY)
        if alpha.all():
            bgr = np.ascontiguousarray(rgba[..., 2::-1])
            return Tile(_encode(".jpg", bgr, cv2.IMWRITE_JPEG_QUALITY, self._quality), JPEG)
        bgra = np.ascontiguousarray(rgba[..., [2, 1, 0, 3]])
        return Tile(_encode(".webp", bgra, cv2.IMWRITE_WEBP_QUALITY, self._quality), WEBP)


def _draw(
    out: NDArray[np.uint8],
    slide: Slide,
    at: NDArray[np.float64],
    shown: NDArray[np.bool_],
    pixel_size: float,
) -> None:
    """Draw a slide's pixels at level-0 places ``at`` where ``shown``."""
    places = at[shown]
    patch = read_patch(slide, places.min(axis=0), places.max(axis=0), pixel_size)
    if patch is None:
        return
    out[shown, :3] = patch.at(at)[shown]
    out[shown, 3] = 255


def _inside(at: NDArray[np.float64], slide: Slide) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return np.asarray(((at >= 0) & (at <= slide.info.size.as_array())).all(axis=-1))


def _pixel_size(at_source: NDArray[np.float64]) -> float:
    """Return the source level-0 pixels from one pixel of a tile to the next, the smaller way."""
    steps = [np.hypot(*np.moveaxis(np.diff(at_source, axis=axis), -1, 0)) for axis in (0, 1)]
    known = [step[np.isfinite(step)] for step in steps]
    return min((float(np.median(step)) for step in known if step.size), default=1.0)


def _encode(suffix: str, pixels: NDArray[np.uint8], option: int, quality: int) -> bytes:
    done, data = cv2.imencode(suffix, pixels, [option, quality])
    if not done:
        raise EngineError(f"OpenCV cannot write {suffix} pictures", remedy="Reinstall OpenCV.")
    return data.tobytes()
