"""What is drawn over the slides as lines: anchors and the grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.report.palette import FOLD_HEX, diverging_hex
from sar_models.report.paths import line_path
from sar_models.report.units import Ruler, signed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sar_models.report.lattice import Lattice
    from sar_models.report.material import Material

_FULL_SCALES = (0.05, 0.1, 0.25, 0.5, 1.0)
"""Changes of area that may get the full colour: the first that covers nearly all cells."""


@dataclass(frozen=True)
class AnchorMark:
    """An anchor on the target: where it is, and where the transform puts its source point."""

    x: float
    y: float
    mapped_x: float
    mapped_y: float
    inlier: bool
    residual: str


@dataclass(frozen=True)
class NumberedMark:
    """An anchor that carries the same number on both slides."""

    number: int
    source: tuple[float, float]
    target: tuple[float, float]


@dataclass(frozen=True)
class Cell:
    """A cell of the deformed grid."""

    path: str
    fill: str
    folded: bool


@dataclass(frozen=True)
class GridPicture:
    """The deformed grid on the target's view."""

    cells: tuple[Cell, ...]
    spacing: str
    most: str
    least: str


def anchor_marks(material: Material) -> tuple[AnchorMark, ...]:
    """Return the anchors to draw on the target, outliers first so that inliers lie on top."""
    anchors = material.anchors
    ruler = Ruler(material.alignment.pair.target.mpp)
    here = material.target.to_view(anchors.target)
    there = material.target.to_view(np.where(np.isfinite(anchors.mapped), anchors.mapped, np.nan))
    marks = []
    for index in anchors.shown:
        (x, y), (mapped_x, mapped_y) = here[index], there[index]
        if not (np.isfinite(mapped_x) and anchors.same_piece[index]):
            mapped_x, mapped_y = x, y
        marks.append(
            AnchorMark(
                round(float(x), 1),
                round(float(y), 1),
                round(float(mapped_x), 1),
                round(float(mapped_y), 1),
                bool(anchors.inlier[index]),
                ruler.length(float(anchors.residual_px[index])),
            )
        )
    return tuple(marks)


def numbered_marks(material: Material) -> tuple[NumberedMark, ...]:
    """Return a few anchors to be compared by eye on both slides."""
    anchors = material.anchors
    source = material.source.to_view(anchors.source[anchors.numbered])
    target = material.target.to_view(anchors.target[anchors.numbered])
    return tuple(
        NumberedMark(n, _rounded(s), _rounded(t))
        for n, (s, t) in enumerate(zip(source, target, strict=True), start=1)
    )


def _rounded(point: NDArray[np.float64]) -> tuple[float, float]:
    return round(float(point[0]), 1), round(float(point[1]), 1)


def grid_picture(material: Material) -> GridPicture | None:
    """Return the deformed grid, or nothing when no tissue is paired."""
    if not material.lattices:
        return None
    full = full_scale(material.lattices)
    cells = [
        Cell(
            line_path(material.target.to_view(lattice.corners(r, c))) + "Z",
            cell_fill(lattice, r, c, full),
            bool(lattice.folded[r, c]),
        )
        for lattice in material.lattices
        for r, c in lattice.cells
    ]
    spacing = Ruler(material.alignment.pair.source.mpp).round_length(
        material.lattices[0].spacing_px
    )
    return GridPicture(
        tuple(cells), spacing, f"{signed(100 * full)} %", f"{signed(100 / (1 + full) - 100)} %"
    )


def full_scale(lattices: Sequence[Lattice]) -> float:
    """Return the relative growth of area that gets the full colour."""
    known = np.abs(np.concatenate([lattice.known_change for lattice in lattices]))
    most = 2 ** float(np.percentile(known, 95)) - 1 if known.size else 0.0
    return next((scale for scale in _FULL_SCALES if most <= scale), _FULL_SCALES[-1])


def cell_fill(lattice: Lattice, row: int, col: int, full: float) -> str:
    """Return the colour of a grid cell by its change of area; ``full`` gets the last colour."""
    if lattice.folded[row, col]:
        return FOLD_HEX
    return diverging_hex(float(lattice.area_change[row, col] / np.log2(1 + full)))
