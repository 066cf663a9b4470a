"""Pictures of an alignment as JPEG files, for galleries, servers and mails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.report import drawing
from sar_models.report.encode import jpeg_within
from sar_models.report.layers import cell_fill, full_scale
from sar_models.report.material import Material, prepare
from sar_models.report.palette import (
    INLIER_HEX,
    OUTLIER_HEX,
    SOURCE_HEX,
    TARGET_HEX,
    UNPAIRED_HEX,
    fragment_hex,
)
from sar_models.report.paths import label_point
from sar_models.report.units import scale_bar

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.transforms import Outline
    from sar_models.report.heat import HeatMap
    from sar_models.report.views import Image, SlideView

_BYTES = 500_000
_TILES_ACROSS = 12
_GRID_HEX = "#1b2733"


def render_previews(
    alignment: Alignment, source: SlideView, target: SlideView, restained: SlideView | None = None
) -> dict[str, bytes]:
    """Return preview pictures as JPEG bytes by file name.

    ``source.jpg`` and ``target.jpg`` are always there. Where the source is placed on the target,
    ``overlay.jpg``, ``checkerboard.jpg``, ``grid.jpg`` and ``confidence.jpg`` follow, and
    ``anchors.jpg`` where there are anchors, ``restained.jpg`` where there is such a view; an
    ambiguous pair has ``placement-1.jpg`` and so on.

    Parameters
    ----------
    alignment : Alignment
    source, target : SlideView
        Views of both slides, about 1000 pixels; larger ones are shrunk.
    restained : SlideView or None
        The source under the target's stain.
    """
    material = prepare(alignment, source, target, restained)
    pictures = {"source.jpg": _source(material), "target.jpg": _target(material)}
    if material.is_registered:
        pictures |= {
            "overlay.jpg": _with_bar(material, material.overlay.copy()),
            "checkerboard.jpg": _checkerboard(material),
            "grid.jpg": _grid(material),
        }
        if material.confidence is not None:
            pictures["confidence.jpg"] = _heat(material, material.confidence)
        if material.warped_restained is not None:
            pictures["restained.jpg"] = _with_bar(material, material.warped_restained.copy())
    if len(alignment.anchors):
        pictures["anchors.jpg"] = _anchors(material)
    for number, placement in enumerate(alignment.placements, start=1):
        picture = material.overlay_under(placement.target_from_source)
        drawing.outline(
            picture, placement.target_outline, material.target, fragment_hex(number - 1)
        )
        pictures[f"placement-{number}.jpg"] = _with_bar(material, picture)
    return {name: jpeg_within(picture, _BYTES) for name, picture in pictures.items()}


def _source(material: Material) -> Image:
    alignment = material.alignment
    pieces = tuple(fragment.source for fragment in alignment.fragments)
    unpaired = alignment.transform.unpaired_source
    picture = material.source.image.copy()
    if material.is_registered:
        _draw_pieces(picture, material.source, pieces, unpaired)
    else:
        drawing.outline(picture, alignment.tissue_source, material.source, SOURCE_HEX)
    mpp = alignment.pair.source.mpp
    drawing.draw_scale_bar(
        picture, scale_bar(material.source.um_per_px(mpp), material.source.size.width)
    )
    return picture


def _target(material: Material) -> Image:
    alignment = material.alignment
    pieces = tuple(fragment.target for fragment in alignment.fragments)
    unpaired = alignment.transform.unpaired_target
    picture = material.target.image.copy()
    if material.is_registered:
        _draw_pieces(picture, material.target, pieces, unpaired)
    else:
        drawing.outline(picture, alignment.tissue_target, material.target, TARGET_HEX)
    return _with_bar(material, picture)


def _draw_pieces(
    picture: Image, view: SlideView, pieces: tuple[Outline, ...], unpaired: tuple[Outline, ...]
) -> None:
    for outline in unpaired:
        drawing.hatch(picture, outline, view, UNPAIRED_HEX)
    for index, piece in enumerate(pieces):
        drawing.outline(picture, piece, view, fragment_hex(index))
    if len(pieces) > 1:
        for index, piece in enumerate(pieces):
            if piece.area > 0:
                at = np.array(label_point(piece, view))
                drawing.number(picture, at, str(index + 1), fragment_hex(index))


def _with_bar(material: Material, picture: Image) -> Image:
    """Draw the target's scale bar."""
    mpp = material.alignment.pair.target.mpp
    bar = scale_bar(material.target.um_per_px(mpp), material.target.size.width)
    drawing.draw_scale_bar(picture, bar)
    return picture


def _checkerboard(material: Material) -> Image:
    height, width = material.target.image.shape[:2]
    tile = max(1, width // _TILES_ACROSS)
    y, x = np.indices((height, width)) // tile
    shows_source = ((x + y) % 2 == 0) & material.registered.drawn
    picture = np.where(shows_source[..., None], material.warped, material.target.image)
    return _with_bar(material, picture)


def _grid(material: Material) -> Image:
    picture = _veiled(material.target.image)
    if not material.lattices:
        return _with_bar(material, picture)
    filled, full = picture.copy(), full_scale(material.lattices)
    lines = []
    for lattice in material.lattices:
        for r, c in lattice.cells:
            corners = material.target.to_view(lattice.corners(r, c))
            drawing.cell(filled, corners, cell_fill(lattice, r, c, full))
            lines.append(corners[[0, 1, 2, 3, 0]])
    picture = (picture * 0.45 + filled * 0.55).astype(np.uint8)
    for line in lines:
        drawing.line(picture, line, _GRID_HEX)
    return _with_bar(material, picture)


def _heat(material: Material, heat: HeatMap) -> Image:
    return _with_bar(material, drawing.blend(material.target.image, heat.rgba()))


def _anchors(material: Material) -> Image:
    picture = _veiled(material.target.image)
    anchors = material.anchors
    here = material.target.to_view(anchors.target)
    there = material.target.to_view(anchors.mapped)
    for index in anchors.shown:
        color = INLIER_HEX if anchors.inlier[index] else OUTLIER_HEX
        if anchors.same_piece[index]:
            drawing.line(picture, np.array([here[index], there[index]]), color)
        mark: Callable[..., None] = drawing.dot if anchors.inlier[index] else drawing.cross
        mark(picture, here[index], color)
    return _with_bar(material, picture)


def _veiled(image: Image) -> Image:
    """Return ``image`` paler, so that what is drawn on it stands out."""
    return (image * 0.65 + 255 * 0.35).astype(np.uint8)
