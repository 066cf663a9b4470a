"""Values that many tests build."""

from __future__ import annotations

import numpy as np
from shapely.geometry import Polygon, box

from sar_models.domain.alignment import Alignment, Anchors, Outcome, Quality, Reason, Risk
from sar_models.domain.geometry import Mpp, ScalarGrid, Size
from sar_models.domain.provenance import Provenance
from sar_models.domain.slides import SlideInfo, SlidePair
from sar_models.domain.transforms import Affine, Displacement, Fragment, Piecewise, Sequence

SOURCE_SIZE = Size(2000, 1500)
TARGET_SIZE = Size(2200, 1800)


def slide_info(name: str, size: Size, mpp: Mpp | None = None, **fields: object) -> SlideInfo:
    """Return a slide of one level."""
    values = {"uri": f"{name}.tif", "checksum": f"sha256:{name}", "reader": "memory"} | fields
    return SlideInfo(name=name, size=size, levels=(size,), mpp=mpp, **values)


def gentle_field() -> Displacement:
    """Return a smooth fold-free field that covers the source slide and its surroundings."""
    y, x = np.mgrid[0:21, 0:21] / 20.0
    bend = 12.0 * np.stack([np.sin(3 * y + x), np.cos(2 * x - y)], axis=-1)
    return Displacement(np.array([-1000.0, -1000.0]), np.array([200.0, 200.0]), bend)


def make_alignment(outcome: Outcome = Outcome.ALIGNED, **changes: object) -> Alignment:
    """Return a realistic alignment: turned, shifted and bent tissue."""
    turn = Affine.from_similarity(np.deg2rad(12), 1.05, (120.0, -40.0))
    transform = Sequence((gentle_field(), turn))
    tissue = Polygon([(300, 300), (1600, 260), (1700, 1200), (900, 1300), (280, 1100)])
    target = Polygon(transform.map(np.array(tissue.exterior.coords)))
    source_points = np.array([[400.0, 400], [900, 700], [1500, 1100], [600, 900]])
    misfit = np.array([[0.5, 0], [0, -0.5], [40, 40], [0, 0.2]])
    target_points = transform.map(source_points) + misfit
    fragment = Fragment("tissue-1", tissue, target, transform, 0.9, 3, 0.5)
    values: dict[str, object] = {
        "pair": SlidePair(
            slide_info("he", SOURCE_SIZE, Mpp(0.5, 0.5), stain="HE"),
            slide_info("ihc", TARGET_SIZE, Mpp(0.5, 0.5), stain="CD3"),
        ),
        "outcome": outcome,
        "transform": Piecewise((fragment,), (box(1850, 50, 1950, 150),), (), 1000.0, 1000.0),
        "risk": Risk(0.2, (Reason("few-anchors", "Only 3 anchors agree.", 0.2),)),
        "anchors": Anchors(
            source_points,
            target_points,
            np.array([True, True, False, True]),
            np.array([0, 0, -1, 0]),
        ),
        "quality": Quality({"shift_contrast": 0.21, "pose_margin": 1.4}),
        "sigma": ScalarGrid(np.zeros(2), np.full(2, 500.0), np.full((4, 5), 6.0)),
        "confidence": ScalarGrid(np.zeros(2), np.full(2, 500.0), np.full((4, 5), 0.9)),
        "tissue_source": tissue,
        "tissue_target": target,
        "provenance": Provenance(
            versions={"sar-align": "0.1.0"}, seed=7, created="2026-01-01T00:00:00+00:00"
        ),
    }
    return Alignment(**(values | changes))
