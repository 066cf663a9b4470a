"""Mount drawn tissue on glass: from the block's plane to the pixels of a slide, exactly.

A slide holds one or more mounts: one for a whole section, two for two levels on one slide, one for
each piece of torn tissue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import shapely

from sar_models.domain.geometry import Region, centre_from_corner
from sar_models.synthesis.raster import SHIFT, Field, Plane, Raster

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from shapely import Polygon

    from sar_models.domain.geometry import Size
    from sar_models.domain.transforms import Transform
    from sar_models.synthesis.tissue.render import Amounts

_STRIP = 512
_EDGE_UM = 100.0


@dataclass(frozen=True, eq=False)
class Mount:
    """Tissue of the block, or a region of it, at a place on a slide.

    Parameters
    ----------
    slide_from_block : Transform
        Block um to level-0 pixels of the slide.
    region : Polygon or None
        Part of the block that is mounted, um; ``None`` for all of it.
    """

    slide_from_block: Transform
    region: Polygon | None = None


def mount(
    amounts: Amounts, mounts: Sequence[Mount], size: Size, um_per_px: float, node_px: int = 4
) -> dict[str, Plane]:
    """Return the planes of ``amounts`` on the pixels of a slide, later mounts on top.

    Parameters
    ----------
    amounts : Amounts
        Tissue in the block's plane.
    mounts : sequence of Mount
        What lies where.
    size : Size
        Pixels of the slide.
    um_per_px : float
        Pixel size of the slide; where it is coarser than the drawing, that is averaged first.
    node_px : int
        Spacing of the nodes at which the transforms are inverted, see `node_spacing`.
    """
    raster = amounts.raster
    planes = {
        name: _averaged(plane, um_per_px / raster.step_um) for name, plane in amounts.planes.items()
    }
    placed = {name: np.zeros((size.height, size.width), dtype=np.uint8) for name in planes}
    for each in mounts:
        mask = None if each.region is None else _mask(each.region, raster)
        window = _window(each, size, node_px)
        if window is None:
            continue
        for part, xs, ys in block_grid(each.slide_from_block, raster, window, node_px):
            on = None
            if mask is not None:
                on = cv2.remap(mask, xs, ys, cv2.INTER_LINEAR, None, cv2.BORDER_CONSTANT) > 127
            for name, plane in planes.items():
                strip = cv2.remap(plane, xs, ys, cv2.INTER_LINEAR, None, cv2.BORDER_CONSTANT)
                under = placed[name][part]
                # Tissue over tissue absorbs twice, but never beyond the plane's range.
                over = cv2.add(under, strip)
                placed[name][part] = over if on is None else np.where(on, over, under)
    return placed


def block_grid(
    slide_from_block: Transform, raster: Raster, window: Region, node_px: int
) -> Iterator[tuple[tuple[slice, slice], Field, Field]]:
    """Yield strips of a window of a slide with the raster position that each pixel comes from.

    The inverse is solved at nodes ``node_px`` apart and interpolated between them.

    Yields
    ------
    part, xs, ys : (slice, slice), (h, w) float32, (h, w) float32
        Rows and columns of the slide, and sampling positions (pixel centres at integers) on the
        raster.
    """
    step = node_px
    columns = (np.arange(-1, window.width // step + 2) + 0.5) * step + window.x
    block_from_slide = slide_from_block.inverse()
    strip = _STRIP // step * step
    across = slice(window.x, window.x + window.width)
    bottom = window.y + window.height
    for top in range(window.y, bottom, strip):
        rows = (np.arange(-1, strip // step + 1) + 0.5) * step + top
        x, y = np.meshgrid(columns, rows)
        nodes = np.stack([x.ravel(), y.ravel()], axis=1)
        found = centre_from_corner(raster.to_px(block_from_slide.map(nodes)))
        # Outside the domain of the inverse there is glass: a place far off the raster.
        found = np.where(np.isfinite(found), found, -1e4).astype(np.float32)
        grid = found.reshape(len(rows), len(columns), 2)
        fine = cv2.resize(grid, None, fx=step, fy=step, interpolation=cv2.INTER_LINEAR)
        height = min(strip, bottom - top)
        fine = fine[step : step + height, step : step + window.width]
        yield (
            (slice(top, top + height), across),
            np.ascontiguousarray(fine[..., 0]),
            np.ascontiguousarray(fine[..., 1]),
        )


def _window(each: Mount, size: Size, node_px: int) -> Region | None:
    """Return the pixels that a mount can reach, the nodes where those of the slide are.

    Solving the inverse is what mounting costs, so that a piece must not cost a whole slide.
    """
    if each.region is None:
        return Region(0, 0, size.width, size.height)
    edge = np.asarray(shapely.segmentize(each.region, _EDGE_UM).exterior.coords)
    reached = each.slide_from_block.map(edge)
    if not np.isfinite(reached).all():
        return Region(0, 0, size.width, size.height)
    low = np.maximum(np.floor(reached.min(axis=0) / node_px).astype(int) - 1, 0) * node_px
    beyond = np.ceil(reached.max(axis=0)).astype(int) + 2 * node_px
    extent = np.minimum(beyond, [size.width, size.height]) - low
    return Region(*map(int, low), *map(int, extent)) if (extent > 0).all() else None


def _averaged(plane: Plane, ratio: float) -> Plane:
    if ratio <= 1.05:
        return plane
    sigma = 0.45 * float(np.sqrt(ratio**2 - 1.0))
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), dtype=np.uint8)


def _mask(region: Polygon, raster: Raster) -> Plane:
    mask = np.zeros((raster.height, raster.width), dtype=np.uint8)
    rings = [region.exterior, *region.interiors]
    points: list[NDArray[np.int32]] = [
        raster.fixed_point(np.asarray(ring.coords)) for ring in rings
    ]
    cv2.fillPoly(mask, points, 255, cv2.LINE_8, SHIFT)
    return mask
