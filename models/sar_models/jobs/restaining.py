"""A slide under the stain of another as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.domain.errors import EngineError
from sar_models.engine.restaining import restain
from sar_models.engine.working import WorkingImage, read_working, region_of
from sar_models.report.encode import png
from sar_models.stores import open_slide
from sar_models.stores.atomic import atomic_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sar_models.domain.geometry import Mpp, Size
    from sar_models.domain.slides import Slide
    from sar_models.domain.transforms import Affine
    from sar_models.engine import AlignOptions

_RENDERING_BYTES = 10**9
"""Memory that rendering a tile takes, whatever the size of the picture."""


@dataclass(frozen=True, eq=False)
class RestainedPicture:
    """A picture that was written.

    Parameters
    ----------
    size : Size
        Of the picture, pixels.
    slide_from_picture : Affine
        Corner-origin pixels of the picture to level-0 pixels of the source slide.
    """

    size: Size
    slide_from_picture: Affine


def restain_slide(
    source: Path,
    target: Path,
    path: Path,
    options: AlignOptions,
    progress: Callable[[str, float], None],
) -> RestainedPicture:
    """Write a picture of a slide as it would look under the stain of another.

    Parameters
    ----------
    source, target : Path
        Slide files.
    path : Path
        Of the PNG; what is there is replaced.
    options : AlignOptions
        Regions, pixel sizes, memory and device; ``working_size_px`` is the picture's long side.
    progress : callable
        Called with the name of the stage and the fraction of all work done.

    Raises
    ------
    SlideError
        If a slide cannot be opened or read.
    InputError
        If a slide shows no tissue.
    EngineError
        If the picture does not fit into memory.
    """
    progress("reading slides", 0.0)
    limit = options.memory_bytes // 2
    with (
        open_slide(source, decode_limit=limit) as source_slide,
        open_slide(target, decode_limit=limit) as target_slide,
    ):
        first, second = _read(source_slide, target_slide, options)
    try:
        picture = restain(
            first.rgb,
            second.rgb,
            options.device,
            lambda done: progress("rendering", 0.2 + 0.7 * done),
        )
    except MemoryError as exc:
        raise EngineError(
            f"A picture of {first.size} pixels does not fit into memory",
            remedy="Give a smaller --size.",
        ) from exc
    progress("writing", 0.95)
    with atomic_file(path) as partial:
        partial.write_bytes(png(picture))
    return RestainedPicture(first.size, first.slide_from_working)


def _read(source: Slide, target: Slide, options: AlignOptions) -> tuple[WorkingImage, WorkingImage]:
    """Read both at one physical scale where it is known, else equally large."""
    slides = ((source, options.source_roi, "source"), (target, options.target_roi, "target"))
    regions = [region_of(slide.info, roi, name) for slide, roi, name in slides]
    shrinks = [max(region.width, region.height) / options.working_size_px for region in regions]
    mpps: tuple[Mpp | None, Mpp | None] = (
        options.source_mpp or source.info.mpp,
        options.target_mpp or target.info.mpp,
    )
    if mpps[0] is not None and mpps[1] is not None:
        shrinks[1] = max(shrinks[0], 1.0) * mpps[0].mean / mpps[1].mean
    spare = max(options.memory_bytes - _RENDERING_BYTES, options.memory_bytes // 4)
    most_px = options.max_working_px * spare // options.memory_bytes
    first, second = (
        read_working(slide, region, shrink, most_px)
        for slide, region, shrink in zip((source, target), regions, shrinks, strict=True)
    )
    return first, second
