"""All that the page draws over the tiles, as JSON values in target level-0 pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import shapely

from sar_models.domain.transfer import transfer
from sar_models.report.lattice import lattices_of
from sar_models.report.palette import SOURCE_HEX, TARGET_HEX, apply_map, fragment_hex, hex_of
from sar_models.report.residuals import anchor_picture
from sar_models.report.units import Ruler, percent
from sar_widgets.slide_reading import read_patch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.annotations import Annotation
    from sar_models.domain.slides import Slide
    from sar_widgets.grid import TileGrid

_THUMBNAIL_PX = 320
_OUTLINE_VERTICES_PX = 4000.0
"""Outlines are thinned to this share of the slide's side: invisible at any zoom of a whole."""
_CONFIDENCE_CELLS = 40
_MOST_ANNOTATIONS = 2000

Rings = list[list[list[float]]]


def scene_of(
    alignment: Alignment,
    grid: TileGrid,
    source_annotations: Sequence[Annotation] = (),
    target_annotations: Sequence[Annotation] = (),
) -> dict[str, Any]:
    """Return what the page shows of an alignment besides its tiles.

    Lengths are in target level-0 pixels; texts are plain and have to be shown as such.
    """
    pair = alignment.pair
    mpp = pair.target.mpp
    return {
        "item": alignment.content_sha256,
        "source": pair.source.name,
        "target": pair.target.name,
        "source_size": [pair.source.size.width, pair.source.size.height],
        "size": [grid.size.width, grid.size.height],
        "tile_px": grid.tile_px,
        "max_level": grid.max_level,
        "mpp": None if mpp is None else mpp.mean,
        "outcome": alignment.outcome.value,
        "failure": alignment.failure,
        "risk": alignment.risk.score,
        "reasons": [r.text for r in sorted(alignment.risk.reasons, key=lambda r: -r.weight)][:3],
        "fragments": _fragments(alignment),
        "unpaired_source": [_rings(o) for o in alignment.transform.unpaired_source],
        "unpaired_target": [_rings(o) for o in alignment.transform.unpaired_target],
        "anchors": _anchors(alignment),
        "lattice": _lattice(alignment),
        "confidence": _confidence(alignment),
        "annotations": _annotations(alignment, source_annotations, target_annotations),
    }


def thumbnail(slide: Slide) -> bytes:
    """Return a small JPEG of a slide."""
    size = slide.info.size
    longest = max(size.width, size.height)
    patch = read_patch(slide, np.zeros(2), size.as_array(), longest / _THUMBNAIL_PX)
    if patch is None:
        return b""
    height, width = patch.pixels.shape[:2]
    shrink = min(1.0, _THUMBNAIL_PX / max(height, width))
    shape = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    small = cv2.resize(patch.pixels, shape, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", np.ascontiguousarray(small[..., ::-1]))[1].tobytes()


def _fragments(alignment: Alignment) -> list[dict[str, Any]]:
    ruler = Ruler(alignment.pair.target.mpp)
    return [
        {
            "id": fragment.id,
            "number": number,
            "color": fragment_hex(number - 1),
            "source": _rings(fragment.source),
            "target": _rings(fragment.target),
            "bounds": [round(v, 1) for v in fragment.target.bounds],
            "about": f"confidence {percent(fragment.confidence)}, {fragment.anchor_count} anchors, "
            f"residual {ruler.length(fragment.residual_px)}",
        }
        for number, fragment in enumerate(alignment.fragments, start=1)
    ]


def _anchors(alignment: Alignment) -> list[dict[str, Any]]:
    """Return the anchors with where the transform puts their source point, and by how much off."""
    picture = anchor_picture(alignment)
    ruler = Ruler(alignment.pair.target.mpp)
    marks = []
    for index in picture.shown:
        drawn = bool(np.isfinite(picture.mapped[index]).all() and picture.same_piece[index])
        at = picture.target[index]
        marks.append(
            {
                "at": _point(at),
                "mapped": _point(picture.mapped[index] if drawn else at),
                "inlier": bool(picture.inlier[index]),
                "residual": ruler.length(float(picture.residual_px[index])) if drawn else "",
            }
        )
    return marks


def _lattice(alignment: Alignment) -> list[dict[str, Any]]:
    if not alignment.fragments:
        return []
    return [
        {
            "corners": [_point(p) for p in lattice.corners(row, col)],
            "folded": bool(lattice.folded[row, col]),
        }
        for lattice in lattices_of(alignment)
        for row, col in lattice.cells
        if np.isfinite(lattice.corners(row, col)).all()
    ]


def _confidence(alignment: Alignment) -> list[dict[str, Any]]:
    """Return confidence in cells over the target's paired tissue."""
    cells: list[dict[str, Any]] = []
    for fragment in alignment.fragments:
        left, top, right, bottom = fragment.target.bounds
        side = max(right - left, bottom - top) / _CONFIDENCE_CELLS
        if not side > 0:
            continue
        x, y = np.meshgrid(
            np.arange(left + side / 2, right, side), np.arange(top + side / 2, bottom, side)
        )
        centres = np.column_stack([x.ravel(), y.ravel()])
        centres = centres[shapely.contains_xy(fragment.target, *centres.T)]
        at_source = fragment.transform.inverse().map(centres)
        values = alignment.confidence.sample(at_source)
        known = np.isfinite(values)
        colors = apply_map(values[known][None], "viridis")[0]
        cells += [
            {
                "at": _point(at),
                "side": round(float(side), 1),
                "color": hex_of(tuple(color.tolist())),
            }
            for at, color in zip(centres[known], colors, strict=True)
        ]
    return cells


def _annotations(
    alignment: Alignment, source: Sequence[Annotation], target: Sequence[Annotation]
) -> list[dict[str, Any]]:
    shown = [_annotation(one, "target", TARGET_HEX) for one in target[:_MOST_ANNOTATIONS]]
    if source and alignment.fragments:
        carried = transfer(source[:_MOST_ANNOTATIONS], alignment).annotations
        shown += [_annotation(one, "source", SOURCE_HEX) for one in carried]
    return shown


def _annotation(annotation: Annotation, slide: str, color: str) -> dict[str, Any]:
    return {
        "slide": slide,
        "color": color,
        "name": annotation.name or "",
        "rings": _rings(annotation.geometry),
    }


def _rings(geometry: BaseGeometry) -> Rings:
    """Return all outlines of a geometry, thinned to what a screen can show."""
    if geometry.is_empty:
        return []
    left, top, right, bottom = geometry.bounds
    thin = shapely.simplify(geometry, max(right - left, bottom - top) / _OUTLINE_VERTICES_PX)
    return [_ring(np.asarray(line.coords)) for line in _lines(thin)]


def _lines(geometry: BaseGeometry) -> Iterable[BaseGeometry]:
    for part in shapely.get_parts(geometry):
        if part.geom_type == "Polygon":
            yield from (part.exterior, *part.interiors)
        else:
            yield part


def _ring(points: NDArray[np.float64]) -> list[list[float]]:
    return [_point(point) for point in points]


def _point(point: NDArray[np.float64]) -> list[float]:
    return [round(float(point[0]), 1), round(float(point[1]), 1)]
