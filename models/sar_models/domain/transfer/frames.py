"""Whether annotations belong to a slide, and their coordinates in its file's frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.domain.errors import FrameError
from sar_models.domain.slides import FRAME_KINDS, convert
from sar_models.domain.transfer.marker import FRAME_KEY, SIZE_KEY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sar_models.domain.annotations import Annotation
    from sar_models.domain.slides import Frame, SlideInfo
    from sar_models.domain.transfer.options import TransferOptions
    from sar_models.domain.transfer.repair import Geometries

_WRONG_SLIDE = (
    "Check that the annotations belong to this slide, in level-0 pixels (not micrometres), and "
    "that the frame (--frame) is right."
)


def check_belongs(
    objects: Sequence[Annotation],
    geometries: Geometries,
    slide: SlideInfo,
    options: TransferOptions,
) -> None:
    """Refuse annotations that cannot be of ``slide``; partly wrong ones would be placed wrongly.

    Parameters
    ----------
    objects : sequence of Annotation
    geometries : array of geometries
        Their geometries in ``options.frame``.

    Raises
    ------
    FrameError
        If a size differs, or an object lies wholly outside the slide.
    """
    frame = slide.frame_of(options.frame)
    if options.slide_size is not None and options.slide_size != frame.size:
        raise FrameError(
            f"The annotations belong to a slide of {options.slide_size} pixels, {slide.name!r} has "
            f"{frame.size} in the frame {options.frame!r}",
            remedy=_WRONG_SLIDE,
        )
    for annotation in objects:
        _check_recorded_size(annotation, slide)
    bounds = shapely.bounds(geometries)
    width, height = frame.size.width, frame.size.height
    outside = (
        (bounds[:, 2] < 0) | (bounds[:, 3] < 0) | (bounds[:, 0] > width) | (bounds[:, 1] > height)
    )
    if outside.any():
        index = int(np.flatnonzero(outside)[0])
        left, top, right, bottom = bounds[index]
        raise FrameError(
            f"{int(outside.sum())} of {len(objects)} objects lie outside slide {slide.name!r} "
            f"({frame.size} pixels in the frame {options.frame!r}), the first is "
            f"{objects[index].id} {objects[index].name!r} at x {left:.0f} to {right:.0f}, "
            f"y {top:.0f} to {bottom:.0f}",
            remedy=_WRONG_SLIDE,
        )


def _check_recorded_size(annotation: Annotation, slide: SlideInfo) -> None:
    """Compare the slide size that an earlier transfer wrote into the object."""
    recorded = annotation.metadata.get(SIZE_KEY)
    kind = annotation.metadata.get(FRAME_KEY, "file")
    if recorded is None or kind not in FRAME_KINDS:
        return
    size = slide.frame_of(kind).size
    if recorded != str(size):
        raise FrameError(
            f"Object {annotation.id} {annotation.name!r} was written for a slide of {recorded} "
            f"pixels, {slide.name!r} has {size}",
            remedy=_WRONG_SLIDE,
        )


def to_frame(geometries: Geometries, source: Frame, target: Frame) -> Geometries:
    """Return geometries of frame ``source`` in frame ``target`` of the same slide."""
    if source.offset == target.offset or len(geometries) == 0:
        return geometries
    moved = shapely.transform(geometries, lambda xy: convert(xy, source, target))
    return np.asarray(moved, dtype=object)
