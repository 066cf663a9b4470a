"""Compose a slide: tissue that moves together is scattered on it and framed with glass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.domain.geometry import Size
from sar_models.synthesis.torn.arranging import opened, scattered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sar_models.synthesis.torn.laying import Laid


@dataclass(frozen=True)
class Glass:
    """What a slide is apart from its tissue: nominal long side in pixels, pixel size in um."""

    size_px: int
    mpp: float


def placed_on_glass(
    rng: np.random.Generator,
    clusters: Sequence[Sequence[Laid]],
    glass: Glass,
    lapping: frozenset[int] = frozenset(),
) -> tuple[list[list[Laid]], Size]:
    """Scatter clusters of tissue that move together, and frame them with glass.

    Parameters
    ----------
    rng : Generator
        Decides where.
    clusters : list of list of Laid
        Tissue as it is turned already; what is in one list moves together.
    glass : Glass
        The slide.
    lapping : frozenset of int
        Clusters of which the smallest touches or slightly overlaps another one.

    Returns
    -------
    clusters, size : list of list of Laid, Size
        The same in their places, and the slide that holds them.
    """
    shapes = [shapely.union_all([each.covered for each in cluster]) for cluster in clusters]
    gap = float(rng.uniform(0.012, 0.03)) * glass.size_px
    offsets = scattered(rng, shapes, gap, lapping)
    bounds = np.array([shape.bounds for shape in shapes]) + np.tile(np.array(offsets), 2)
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    margin = rng.uniform(0.035, 0.085, 4) * glass.size_px
    width, height = np.ceil(high - low + margin[:2] + margin[2:]).astype(int)
    shift = margin[:2] - low
    moved = [
        [each.shifted(offset + shift) for each in cluster]
        for cluster, offset in zip(clusters, offsets, strict=True)
    ]
    return moved, Size(int(width), int(height))


def back_in_place(
    rng: np.random.Generator, laid: Sequence[Laid], length_um: float, glass: Glass
) -> list[Laid]:
    """Put pieces back to about where they were in the block, with gaps between them.

    Parameters
    ----------
    rng : Generator
        Decides how far apart.
    laid : sequence of Laid
        Pieces that are turned about their middles, which lie at (0, 0).
    length_um : float
        Long side of the block.
    glass : Glass
        The slide.
    """
    home = [np.asarray(each.tissue.centroid.coords[0]) / glass.mpp for each in laid]
    back = [each.shifted(place) for each, place in zip(laid, home, strict=True)]
    offsets = opened(rng, [each.covered for each in back], length_um / glass.mpp)
    return [each.shifted(offset) for each, offset in zip(back, offsets, strict=True)]
