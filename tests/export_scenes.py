"""Alignments that the tests of exports write: asymmetric, with unequal pixel sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import builders
import numpy as np
import shapely
from shapely.geometry import Polygon, box

from sar_models.domain.geometry import Mpp, Region, ScalarGrid, Size
from sar_models.domain.slides import SlidePair
from sar_models.domain.transforms import Affine, Displacement, Fragment, Piecewise, Sequence

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment
    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Transform

SOURCE_SIZE, TARGET_SIZE = Size(40_000, 30_000), Size(44_000, 36_000)
SOURCE_MPP, TARGET_MPP = Mpp(0.25, 0.3), Mpp(0.5, 0.22)
SOURCE_BOUNDS, TARGET_BOUNDS = (
    Region(1200, 700, 38_000, 29_000),
    Region(300, 2000, 43_000, 33_000),
)
TISSUE = Polygon([(6000, 6000), (32_000, 5200), (34_000, 24_000), (18_000, 26_000), (5600, 22_000)])
# No two numbers alike: swapped axes, directions or rows cannot pass for right.
AFFINE = Affine(np.array([[1.07, -0.21, 2130.4], [0.33, 0.94, -1410.7]]))


def bent() -> Sequence:
    """Return a smooth map with a bend of tens of pixels, as the engine makes them."""
    y, x = np.mgrid[0:49, 0:49] / 48.0
    bend = 60.0 * np.stack([np.sin(5 * y + 2 * x), np.cos(4 * x - 3 * y)], axis=-1)
    field = Displacement(np.array([-2000.0, -2000.0]), np.array([1000.0, 1000.0]), bend)
    return Sequence((field, AFFINE))


def fragment(name: str, tissue: Polygon, transform: Transform, confidence: float = 0.9) -> Fragment:
    target = shapely.transform(shapely.segmentize(tissue, 500.0), transform.map)
    return Fragment(name, tissue, target, transform, confidence)


def alignment(*pieces: Fragment, **changes: Any) -> Alignment:
    """Return an alignment of the pieces, or of one tissue under :data:`AFFINE`."""
    pieces = pieces or (fragment("whole", TISSUE, AFFINE),)
    values: dict[str, Any] = {
        "pair": pair(),
        "transform": Piecewise(pieces, (box(36_000, 1000, 39_000, 4000),), (), 1500.0, 1500.0),
        "sigma": ScalarGrid(np.zeros(2), np.full(2, 10_000.0), np.full((4, 5), 4.0)),
    }
    return builders.make_alignment(**(values | changes))


def pair(**fields: Any) -> SlidePair:
    return SlidePair(
        builders.slide_info("he", SOURCE_SIZE, **({"mpp": SOURCE_MPP} | fields)),
        builders.slide_info("ihc", TARGET_SIZE, **({"mpp": TARGET_MPP} | fields)),
    )


def pair_with_bounds() -> SlidePair:
    return SlidePair(
        builders.slide_info("he", SOURCE_SIZE, SOURCE_MPP, bounds=SOURCE_BOUNDS),
        builders.slide_info("ihc", TARGET_SIZE, TARGET_MPP, bounds=TARGET_BOUNDS),
    )


def bent_alignment(**changes: Any) -> Alignment:
    return alignment(fragment("whole", TISSUE, bent()), **changes)


def torn_alignment(**changes: Any) -> Alignment:
    """Return three pieces that touch on the source, each under a map of its own, and a gap."""
    transforms = (
        AFFINE,
        Sequence((bent(), Affine.from_similarity(0.4, 1.0, (9000.0, -800.0)))),
        Affine.from_similarity(-2.1, 0.9, (30_000.0, 31_000.0), mirror=True),
    )
    tissues = (
        box(4000, 4000, 12_000, 20_000),
        box(12_000, 4000, 22_000, 20_000),
        box(26_000, 6000, 34_000, 15_000),
    )
    return alignment(
        *(
            fragment(f"piece-{i}", tissue, transform, 0.9 - 0.1 * i)
            for i, (tissue, transform) in enumerate(zip(tissues, transforms, strict=True), start=1)
        ),
        **changes,
    )


def tissue_points(outline: Polygon, count: int = 400) -> Points:
    """Return random points in ``outline``, the same ones every time."""
    random = np.random.default_rng(11)
    x0, y0, x1, y1 = outline.bounds
    points = random.uniform((x0, y0), (x1, y1), (6 * count, 2))
    return points[shapely.contains_xy(outline, *points.T)][:count]


def worst(found: Points, wanted: Points) -> float:
    """Return the largest distance of two sets of points; NaN counts."""
    distances = np.hypot(*(np.asarray(found) - np.asarray(wanted)).T)
    return float(np.max(distances))
