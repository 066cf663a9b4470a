"""A map between two slides, whoever made it, measured as a registered pair is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.geometry import as_points
from sar_models.domain.transforms import Affine
from sar_models.engine.fragments.placed import FOOTPRINT_MARGIN
from sar_models.engine.masks import grown
from sar_models.engine.refinement import Field
from sar_models.engine.registered import fit_affine, with_field
from sar_models.engine.warping import warp

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Transform
    from sar_models.engine.registered import Fitted, Registered
    from sar_models.engine.section import Channel, Section

    Mask = NDArray[np.bool_]

_NODES = 28
_MOST_POINTS = 4000
_SHARPER: tuple[Channel, ...] = ("haematoxylin-edges", "density-edges")
_AS_SHARP = 0.85
"""Share of the blocks that agree in the scene which have to agree in a sharper channel."""


def affine_part(transform: Transform, source: Section, target: Section) -> Affine:
    """Return the affine map nearest to a transform over a section's tissue.

    Parameters
    ----------
    transform : Transform
        ``target_from_source``, level-0 pixels.
    source, target : Section
        The source masked to the tissue that counts.

    Returns
    -------
    Affine
        Working pixels to working pixels.
    """
    rows, columns = np.nonzero(source.mask > 0.5)
    step = max(len(rows) // _MOST_POINTS, 1)
    points = as_points(np.stack([columns[::step], rows[::step]], axis=-1) + 0.5)
    mapped = _working(transform, points, source, target)
    known = np.isfinite(mapped).all(axis=1)
    design = np.column_stack([points[known], np.ones(int(known.sum()))])
    solved = np.linalg.lstsq(design, mapped[known], rcond=None)[0]
    return Affine(np.asarray(solved.T, dtype=np.float64))


def registered_under(
    transform: Transform, source: Section, target: Section, device: torch.device
) -> tuple[Registered, Section]:
    """Return a piece registered by a transform that is there already, and the target around it.

    Parameters
    ----------
    transform : Transform
        ``target_from_source``, level-0 pixels.
    source, target : Section
        The piece, and all of the target.
    device : torch.device
    """
    placed = affine_part(transform, source, target)
    around = target.masked(near_place(source.mask > 0.5, placed, target))
    fitted, _ = fitted_sharply(source, around, placed, device)
    return with_field(fitted, _field(transform, fitted, source, around), device), around


def fitted_sharply(
    source: Section, target: Section, placed: Affine, device: torch.device
) -> tuple[Fitted, Channel]:
    """Return a placement, measured as it is in the channel that shows it most sharply."""
    channels: tuple[Channel, ...] = ("scene", *_SHARPER)
    scene, *sharper = (
        fit_affine(source, target, placed, device, channel, keep_placement=True)
        for channel in channels
    )
    best = max(range(len(sharper)), key=lambda index: sharper[index].support)
    if sharper[best].support >= _AS_SHARP * scene.support:
        return sharper[best], _SHARPER[best]
    return scene, "scene"


def near_place(piece: Mask, placed: Affine, target: Section) -> Mask:
    """Return the target's working pixels around where a piece comes to lie, ``(H, W)``."""
    height, width = target.mask.shape
    there = warp(piece.astype(np.float32), placed, (width, height)) > 0.5
    return grown(np.asarray(there), FOOTPRINT_MARGIN * max(height, width))


def _working(transform: Transform, points: Points, source: Section, target: Section) -> Points:
    mapped = transform.map(source.slide_from_working.map(points))
    return np.asarray(target.slide_from_working.inverse().map(mapped))


def _field(transform: Transform, fitted: Fitted, source: Section, target: Section) -> Field:
    """Return what a transform adds to its affine part, at nodes from edge to edge of the frame."""
    pair = fitted.pair
    height, width = pair.shape
    step = pair.long_side_px / _NODES
    rows, columns = max(round(height / step), 4), max(round(width / step), 4)
    x, y = np.linspace(0.5, width - 0.5, columns), np.linspace(0.5, height - 0.5, rows)
    at = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    on_target = _working(transform, pair.canonical_from_source.inverse().map(at), source, target)
    moved = pair.target_from_canonical.inverse().map(on_target) - at
    moved[~np.isfinite(moved).all(axis=1)] = 0.0
    return Field(moved.reshape(rows, columns, 2), (height, width))
