"""Where the tissue of a generated pair lies on its slides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.geometry import Points, Size
from sar_models.domain.transforms import Affine, Displacement, Sequence
from sar_models.synthesis.deformation import Pose, random_warp
from sar_models.synthesis.mounting import Mount
from sar_models.synthesis.noise import stream, sub_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.synthesis.options import Choices, PairOptions
    from sar_models.synthesis.tissue.scene import Scene

_BEYOND = 0.75
"""How far beyond the tissue a warp is defined, in long sides: people draw on glass too."""


@dataclass(frozen=True, eq=False)
class Placing:
    """The mounts of a slide and its size in pixels."""

    mounts: tuple[Mount, ...]
    size: Size


def upright(scene: Scene, size_px: int, mpp: float) -> Placing:
    """Place a scene as it lies in its block, the slide's long side being ``size_px``."""
    outline = np.asarray(scene.outline.exterior.coords) / mpp
    low, high = outline.min(axis=0), outline.max(axis=0)
    margin = (size_px - float((high - low).max())) / 2.0
    width, height = np.round(high - low + 2.0 * margin).astype(int)
    scaling = Affine.scaling(1.0 / mpp, 1.0 / mpp)
    placed = Affine.translation(margin - low) @ scaling
    return Placing((Mount(placed),), Size(int(width), int(height)))


def place(scene: Scene, choices: Choices, options: PairOptions, seed: int) -> Placing:
    """Place a scene as the second section: warped, turned, perhaps mirrored, off centre."""
    laid = _laid(scene, choices, options, seed, choices.pose)
    return _framed((laid,), choices, options, seed)


def place_twice(scene: Scene, choices: Choices, options: PairOptions, seed: int) -> Placing:
    """Place two levels of the block beside each other on one slide."""
    first = _laid(scene, choices, options, seed, choices.pose)
    rng = stream(seed, "second level")
    pose = Pose(
        choices.pose.turn_deg + float(rng.uniform(-8, 8)),
        choices.pose.mirror,
        choices.pose.scale,
        choices.pose.stretch,
    )
    second = _laid(scene, choices, options, sub_seed(seed, "second level"), pose)
    low, high = _bounds(first.edge)
    gap = 0.1 * float((high - low).max())
    axis = int(np.argmin(high - low))
    shift = high - _bounds(second.edge)[0] + gap
    shift[1 - axis] = (low - _bounds(second.edge)[0])[1 - axis]
    return _framed((first, second.shifted(shift)), choices, options, seed)


@dataclass(frozen=True, eq=False)
class _Laid:
    """A section on glass before the slide's frame is chosen: its map, and its edge in pixels."""

    warp: Displacement
    affine: Affine
    edge: Points

    def shifted(self, offset: NDArray[np.float64]) -> _Laid:
        return _Laid(self.warp, Affine.translation(offset) @ self.affine, self.edge + offset)


def _laid(scene: Scene, choices: Choices, options: PairOptions, seed: int, pose: Pose) -> _Laid:
    x0, y0, x1, y1 = scene.extent
    beyond = _BEYOND * max(x1 - x0, y1 - y0)
    extent = (x0 - beyond, y0 - beyond, x1 + beyond, y1 + beyond)
    warp = random_warp(sub_seed(seed, "warp"), extent, options.warp_rms_um, options.warp_length_um)
    affine = Affine.from_linear(pose.linear() / choices.target_mpp, np.zeros(2))
    outline = np.asarray(scene.outline.exterior.coords)
    return _Laid(warp, affine, affine.map(warp.map(outline)))


def _bounds(points: Points) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return points.min(axis=0), points.max(axis=0)


def _framed(
    levels: tuple[_Laid, ...], choices: Choices, options: PairOptions, seed: int
) -> Placing:
    """Cut the slide around the tissue, with glass of uneven width."""
    low, high = _bounds(np.concatenate([level.edge for level in levels]))
    usual = 0.08 * options.size_px * choices.mpp / choices.target_mpp
    glass = usual * stream(seed, "glass").uniform(0.5, 1.7, 4)
    width, height = np.ceil(high - low + glass[:2] + glass[2:]).astype(int)
    mounts = tuple(
        Mount(Sequence((moved.warp, moved.affine)))
        for moved in (level.shifted(glass[:2] - low) for level in levels)
    )
    return Placing(mounts, Size(int(width), int(height)))
