"""From two slides to two sections at a common scale."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.geometry import Region
from sar_models.engine.section import Section
from sar_models.engine.working import read_working, region_of

if TYPE_CHECKING:
    from sar_models.domain.geometry import Mpp
    from sar_models.domain.slides import Slide, SlideInfo
    from sar_models.engine.options import AlignOptions
    from sar_models.engine.section import See

_OVERVIEW_PX = 1000
_MARGIN = 0.06
_MIN_SIDE_PX = 24


@dataclass(frozen=True, eq=False)
class PreparedPair:
    """Two sections, and what is known about their scale.

    Parameters
    ----------
    source, target : Section
        Either may be empty.
    scale : float or None
        Target working pixels per source working pixel, as both slides' pixel sizes say; ``None``
        when it has to be searched.
    """

    source: Section
    target: Section
    scale: float | None


def prepare_pair(
    source: Slide,
    target: Slide,
    mpps: tuple[Mpp | None, Mpp | None],
    options: AlignOptions,
    see: See | None = None,
) -> PreparedPair:
    """Read both slides at working resolution and find their tissue.

    Parameters
    ----------
    source, target : Slide
    mpps : pair of Mpp or None
        Micrometres per level-0 pixel of source and target, options considered.
    options : AlignOptions
    see : callable or None
        What makes out the scene of a section; none is made out with ``None``.
    """
    regions = tuple(
        region_of(slide.info, roi, name)
        for slide, roi, name in (
            (source, options.source_roi, "source"),
            (target, options.target_roi, "target"),
        )
    )
    overviews = tuple(
        _read(slide, region, max(region.width, region.height) / _OVERVIEW_PX, options)
        for slide, region in zip((source, target), regions, strict=True)
    )
    if any(overview.is_empty for overview in overviews):
        return PreparedPair(overviews[0], overviews[1], None)
    tissue = tuple(
        _tissue_region(overview, slide.info, region)
        for overview, slide, region in zip(overviews, (source, target), regions, strict=True)
    )
    shrinks = _shrinks(tissue, mpps, options.working_size_px)
    first, second = (
        _reread(slide, overview, region, shrink, options)
        for slide, overview, region, shrink in zip(
            (source, target), overviews, tissue, shrinks, strict=True
        )
    )
    if first.is_empty or second.is_empty:
        first, second = overviews
    pair = PreparedPair(first, second, _scale(mpps, first, second))
    return pair if see is None else with_scenes(pair, see)


def with_scenes(pair: PreparedPair, see: See) -> PreparedPair:
    """Return the pair with what ``see`` makes out in both sections, unless that was looked at."""
    if pair.source.scene is not None:
        return pair
    # At one scale where it is known; else the tissue of both is taken for equally large.
    longest = max(pair.source.extent_px, pair.target.extent_px) if pair.scale is not None else None
    source, target = (section.with_scene(see, longest) for section in (pair.source, pair.target))
    return replace(pair, source=source, target=target)


def _scale(mpps: tuple[Mpp | None, Mpp | None], source: Section, target: Section) -> float | None:
    """Return target working pixels per source working pixel where both sizes are known."""
    first, second = mpps
    if first is None or second is None:
        return None
    source_um = first.mean * source.slide_from_working.scale
    return source_um / (second.mean * target.slide_from_working.scale)


def _read(slide: Slide, region: Region, shrink: float, options: AlignOptions) -> Section:
    image = read_working(slide, region, shrink, options.max_working_px)
    if min(image.rgb.shape[:2]) < _MIN_SIDE_PX:
        nothing = np.zeros(image.rgb.shape[:2], dtype=np.float32)
        return Section(nothing, nothing, nothing, nothing, nothing, image.slide_from_working)
    return Section.from_image(image)


def _tissue_region(overview: Section, info: SlideInfo, within: Region) -> Region:
    """Return the level-0 bounding box of the tissue with some glass around."""
    left, top, right, bottom = overview.bounds
    corners = overview.slide_from_working.map(np.array([[left, top], [right, bottom]], dtype=float))
    margin = _MARGIN * float(np.ptp(corners, axis=0).max())
    first = np.maximum(np.floor(corners[0] - margin), (within.x, within.y)).astype(int)
    last = np.minimum(
        np.ceil(corners[1] + margin), (within.x + within.width, within.y + within.height)
    ).astype(int)
    return Region(int(first[0]), int(first[1]), *(int(v) for v in np.maximum(last - first, 1)))


def _shrinks(
    tissue: tuple[Region, ...], mpps: tuple[Mpp | None, Mpp | None], size_px: int
) -> tuple[float, float]:
    """Return level-0 pixels per working pixel of each side: one physical scale where known."""
    sides = [max(region.width, region.height) for region in tissue]
    if mpps[0] is None or mpps[1] is None:
        return max(sides[0] / size_px, 1.0), max(sides[1] / size_px, 1.0)
    um_per_px = [mpps[0].mean, mpps[1].mean]
    longest_um = max(side * um for side, um in zip(sides, um_per_px, strict=True))
    working_um = max(longest_um / size_px, *um_per_px)
    return working_um / um_per_px[0], working_um / um_per_px[1]


def _reread(
    slide: Slide, overview: Section, region: Region, shrink: float, options: AlignOptions
) -> Section:
    """Read the tissue at its working scale, unless the overview is just that."""
    have = overview.slide_from_working.scale
    if abs(have / max(shrink, 1.0) - 1) < 0.02:
        return overview
    return _read(slide, region, shrink, options)
