"""What two real sections have in common, as a block that can be torn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import shapely
from shapely import Polygon

from sar_models.domain.errors import InputError
from sar_models.domain.transforms import Affine
from sar_models.synthesis.noise import stream, sub_seed
from sar_models.synthesis.tissue.outline import draw_outline, roughened
from sar_models.synthesis.torn.shapes import outline, polygons

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.transforms import Outline, Transform
    from sar_models.synthesis.torn.matte import Matte

_INSET = 0.02
_ROUND = 0.2
_FILLING = 1.12
_SWATCHES = 20
_STEP_PX = 2
_RIM = 2.0
"""Vertices of `roughened` are 8 units apart and its waves 13 high: in pixels that suits a picture
of this many thousand pixels."""
_BESIDE_PX = 12.0


def common_block(seed: int, source: Matte, target: Matte, target_from_source: Transform) -> Polygon:
    """Return the largest piece of tissue that both pictures show, source pixels.

    Where a picture ends in the middle of tissue, the block gets an outline of its own, round and
    rough: the straight border of a picture would tell how it lies.

    Raises
    ------
    InputError
        If the pictures show too little in common.
    """
    height, width = source.passed.shape[:2]
    x, y = np.arange(0.5, width, _STEP_PX), np.arange(0.5, height, _STEP_PX)
    places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    there = target_from_source.map(places)
    seen = shapely.contains_xy(_frame(source), places) & shapely.contains_xy(_frame(target), there)
    view = _largest(seen.reshape(len(y), len(x)))
    grain = max(width, height) / (_RIM * 1000.0)
    block = _organic(seed, view, grain).intersection(view)
    parts = polygons(block.intersection(source.tissue.buffer(_BESIDE_PX)))
    if not parts or parts[0].area < 0.05 * width * height:
        raise InputError(
            "The pictures show too little tissue in common",
            remedy="Take pictures of the same tissue, and check the landmarks.",
        )
    return Polygon(parts[0].exterior)


def _organic(seed: int, view: Polygon, grain: float) -> Polygon:
    """Return tissue of a natural outline that fills most of a view."""
    x0, y0, x1, y1 = view.bounds
    radius = _ROUND * min(x1 - x0, y1 - y0)
    rounded = view.buffer(-radius).buffer(0.9 * radius)
    blob = draw_outline(sub_seed(seed, "outline"), "resection", 1.0)
    a0, b0, a1, b1 = blob.bounds
    filling = _FILLING * np.array([(x1 - x0) / (a1 - a0), (y1 - y0) / (b1 - b0)])
    shift = np.array([x0 + x1, y0 + y1]) / 2.0 - filling * [(a0 + a1) / 2.0, (b0 + b1) / 2.0]
    stretched = shapely.transform(blob, Affine.from_linear(np.diag(filling), shift).map)
    parts = polygons(rounded.intersection(stretched))
    if not parts:
        raise InputError("The pictures show nothing in common", remedy="Check the landmarks.")
    return roughly(seed, parts[0], grain)


def _frame(matte: Matte) -> Polygon:
    height, width = matte.passed.shape[:2]
    inset = _INSET * max(width, height)
    return Polygon(
        [
            (inset, inset),
            (width - inset, inset),
            (width - inset, height - inset),
            (inset, height - inset),
        ]
    )


def _largest(seen: NDArray[np.bool_]) -> Polygon:
    contours, _ = cv2.findContours(seen.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        raise InputError("The pictures show nothing in common", remedy="Check the landmarks.")
    ring = np.asarray(max(contours, key=cv2.contourArea), dtype=np.float64).reshape(-1, 2)
    return polygons(Polygon(ring * _STEP_PX + 0.5).buffer(0).simplify(1.0))[0]


def roughly(seed: int, shape: Polygon, grain: float) -> Polygon:
    """Return a polygon with a rough rim; ``grain`` 1 gives waves some 13 units high."""
    scaled = Polygon(np.asarray(shape.exterior.coords) / grain)
    edge = roughened(scaled, stream(seed, "rim"), stream(seed, "rim", "fine"), 0.5)
    return polygons(Polygon(edge * grain).buffer(0))[0]


def swatch(seed: int, matte: Matte, length: float) -> tuple[Polygon, Outline]:
    """Choose a piece of a picture's tissue: where it is cut out, and what of it is tissue.

    Parameters
    ----------
    seed : int
        Decides where.
    matte : Matte
        The picture.
    length : float
        Long side of the piece, pixels; smaller in a small picture.
    """
    rng = stream(seed, "swatch")
    frame = _frame(matte)
    x0, y0, x1, y1 = frame.bounds
    length = min(length, 0.75 * min(x1 - x0, y1 - y0))
    best, most = frame, -1.0
    for attempt in range(_SWATCHES):
        blob = draw_outline(sub_seed(seed, "swatch", attempt), "resection", length)
        half = np.array([x1 - x0, y1 - y0]) / 2.0 - 0.55 * length
        middle = (x0 + x1) / 2.0, (y0 + y1) / 2.0
        place = Affine.translation(middle + half * rng.uniform(-1.0, 1.0, 2))
        rough = roughly(seed, shapely.transform(blob, place.map), length / 500.0)
        filled = rough.intersection(frame).intersection(matte.tissue).area / rough.area
        if filled > most:
            best, most = rough, filled
    region = polygons(best.intersection(frame))[0]
    return region, outline(matte.tissue.intersection(region))
