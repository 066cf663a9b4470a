"""Where each pixel of a tile lies on the source slide."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np
import shapely

from sar_models.domain.alignment import Outcome
from sar_models.report.resample import linear_weights, node_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.transforms import Fragment, Transform
    from sar_widgets.grid import TileBox

_STEP_PX = 8
"""Distance of the nodes at which the alignment is asked; bilinear in between. A field bends so
little over 8 screen pixels that the error is far below one of them."""
_SUBPIXEL_BITS = 4


@dataclass(frozen=True, eq=False)
class Placed:
    """The part of a tile that follows one fragment.

    Parameters
    ----------
    at_source : (H, W, 2) array
        Level-0 pixels of the source; NaN where the fragment's map has no value.
    own : (H, W) bool array
        Which pixels follow the fragment.
    """

    at_source: NDArray[np.float64]
    own: NDArray[np.bool_]


class SourcePlaces:
    """Tells for tiles of the target where their pixels lie on the source. Threads may share it.

    Parameters
    ----------
    alignment : Alignment
    """

    def __init__(self, alignment: Alignment) -> None:
        self._alignment = alignment

    def of(self, box: TileBox) -> Iterator[Placed]:
        """Return the parts of a tile, one for each fragment that it shows."""
        shape = node_count(box.height, _STEP_PX), node_count(box.width, _STEP_PX)
        across_px, down_px = (np.arange(n, dtype=np.float64) * _STEP_PX for n in shape[::-1])
        nodes = box.at(across_px, down_px)
        points = nodes.reshape(-1, 2)
        mapping = self._alignment.map(points, "inverse")
        followed = np.where(mapping.has_counterpart, mapping.fragment, -1)
        if not (followed >= 0).any() and not self._tissue_in(box):
            return
        followed[self._on_others(mapping.points, followed)] = -1
        owner = self._owners(followed.reshape(shape), box)
        down, across = linear_weights(box.height, _STEP_PX), linear_weights(box.width, _STEP_PX)
        for index in np.unique(owner[owner >= 0]):
            inverse = self._inverses[index]
            at_nodes = inverse.map(points).reshape(*shape, 2)
            at_source = np.stack(
                [down @ at_nodes[..., axis] @ across.T for axis in (0, 1)], axis=-1
            )
            yield Placed(at_source, owner == index)

    def _tissue_in(self, box: TileBox) -> bool:
        frame = shapely.box(box.x, box.y, box.right, box.bottom)
        return bool(np.any(shapely.intersects([f.target for f in self._fragments], frame)))

    def _owners(self, followed: NDArray[np.intp], box: TileBox) -> NDArray[np.intp]:
        """Return the fragment that each pixel follows, -1 for none, ``(H, W)``.

        Outlines are drawn exactly; beside tissue, a pixel follows what the nearest node does.
        """
        rows = np.minimum((np.arange(box.height) + _STEP_PX // 2) // _STEP_PX, len(followed) - 1)
        columns = np.minimum(
            (np.arange(box.width) + _STEP_PX // 2) // _STEP_PX, followed.shape[1] - 1
        )
        owner = np.ascontiguousarray(followed[np.ix_(rows, columns)], dtype=np.int32)
        for outline in self._alignment.transform.unpaired_target:
            _paint(owner, outline, box, -1)
        if self._alignment.outcome is not Outcome.AMBIGUOUS:
            for index in self._least_confident_first:
                _paint(owner, self._fragments[index].target, box, index)
        return owner.astype(np.intp)

    def _on_others(
        self, at_source: NDArray[np.float64], followed: NDArray[np.intp]
    ) -> NDArray[np.bool_]:
        """Tell which nodes would show tissue of another fragment, or of none, on glass."""
        hidden = np.zeros(len(followed), dtype=np.bool_)
        x, y = at_source.T
        for index, others in enumerate(self._others):
            own = np.flatnonzero(followed == index)
            own = own[shapely.contains_xy(others, x[own], y[own])]
            inside = shapely.contains_xy(self._fragments[index].source, x[own], y[own])
            hidden[own[~inside]] = True
        return hidden

    @cached_property
    def _fragments(self) -> tuple[Fragment, ...]:
        fragments = self._alignment.fragments
        shapely.prepare([f.source for f in fragments])
        shapely.prepare([f.target for f in fragments])
        return fragments

    @cached_property
    def _inverses(self) -> tuple[Transform, ...]:
        return tuple(fragment.transform.inverse() for fragment in self._fragments)

    @cached_property
    def _least_confident_first(self) -> list[int]:
        fragments = self._fragments
        return sorted(range(len(fragments)), key=lambda i: (fragments[i].confidence, -i))

    @cached_property
    def _others(self) -> list[BaseGeometry]:
        alone = list(self._alignment.transform.unpaired_source)
        sources = [shapely.make_valid(f.source) for f in self._fragments]
        others = [
            shapely.union_all([*alone, *sources[:i], *sources[i + 1 :]])
            for i in range(len(sources))
        ]
        shapely.prepare(others)
        return others


def _paint(owner: NDArray[np.int32], outline: BaseGeometry, box: TileBox, value: int) -> None:
    """Draw an outline of the target slide into a tile."""
    step_x, step_y = box.pixel_size
    frame = (box.x - step_x, box.y - step_y, box.right + step_x, box.bottom + step_y)
    clipped = shapely.clip_by_rect(outline, *frame)
    for part in shapely.get_parts(clipped):
        if part.geom_type != "Polygon" or part.is_empty:
            continue
        rings = [part.exterior, *part.interiors]
        # Pixel centres are whole numbers to OpenCV; a corner-origin place lies half a pixel off.
        drawn = [
            np.rint(
                ((np.asarray(ring.coords)[:, :2] - (box.x, box.y)) / (step_x, step_y) - 0.5)
                * 2**_SUBPIXEL_BITS
            ).astype(np.int32)
            for ring in rings
        ]
        cv2.fillPoly(owner, drawn, value, shift=_SUBPIXEL_BITS)
