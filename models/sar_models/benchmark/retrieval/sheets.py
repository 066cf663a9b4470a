"""Made-up torn sheets of tissue with a region on them, as points: the paper's task in small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.engine.anchored.voting import Sheet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points

_RADIUS_PX = 190.0
_GRID_PX = 8.0
_ANCHORS = 60
_DENSER = 30
_OFF_PX, _DENSER_OFF_PX = 5.0, 2.5
"""Anchors of the second round come from a higher resolution."""
_WRONG = 0.15
_BENT_PX, _LENGTH_PX = 3.0, 150.0
_WAVES = 16
_SIZES_PX = (25.0, 75.0)
_SEED = 5 * 10**9


@dataclass(frozen=True, eq=False)
class TornSheet:
    """A sheet, its anchors, and where the region truly lies.

    Parameters
    ----------
    sheet : Sheet
    source, target : (K, 2) array
        Anchors, of which some are wrong.
    truth : (M,) bool array
        Which target points lie in the region.
    """

    sheet: Sheet
    source: Points
    target: Points
    truth: NDArray[np.bool_]
    _moves: _Moves
    _seed: tuple[int, ...]

    def denser(self, source: Points, target: Points) -> tuple[Points, Points]:
        """Return anchors within the bounds of what was found, as a matcher would at its scale."""
        del target
        rng = np.random.default_rng((*self._seed, 1))
        low, high = source.min(axis=0) - 20.0, source.max(axis=0) + 20.0
        points = rng.uniform(low, high, (_DENSER, 2))
        points = points[np.linalg.norm(points, axis=1) <= _RADIUS_PX]
        return points, _matched(rng, points, self._moves, _DENSER_OFF_PX)


@dataclass(frozen=True, eq=False)
class _Moves:
    """What happened to the tissue: bent, torn along a line, both pieces turned and shifted."""

    waves: NDArray[np.float64]
    phase: NDArray[np.float64]
    height: NDArray[np.float64]
    normal: NDArray[np.float64]
    offset: float
    angles: NDArray[np.float64]
    shifts: NDArray[np.float64]

    def map(self, points: Points) -> Points:
        bent = points + np.cos(points @ self.waves.T + self.phase) @ self.height
        beyond = (points @ self.normal > self.offset).astype(int)
        cosine, sine = np.cos(self.angles)[beyond], np.sin(self.angles)[beyond]
        x, y = bent[:, 0], bent[:, 1]
        turned = np.column_stack([cosine * x - sine * y, sine * x + cosine * y])
        return np.asarray(turned + self.shifts[beyond])


def draw_sheet(seed: int, index: int) -> TornSheet:
    """Draw a sheet that is torn in two, with a region on it; equal numbers give equal sheets."""
    key = (_SEED, seed, index)
    rng = np.random.default_rng((*key, 0))
    way = rng.uniform(-np.pi, np.pi)
    turn = rng.uniform(-np.pi, np.pi)
    apart = rng.uniform(-np.pi, np.pi)
    moves = _Moves(
        waves=rng.normal(size=(_WAVES, 2)) / _LENGTH_PX,
        phase=rng.uniform(0.0, 2.0 * np.pi, _WAVES),
        height=_BENT_PX * np.sqrt(2.0 / _WAVES) * rng.normal(size=(_WAVES, 2)),
        normal=np.array([np.cos(way), np.sin(way)]),
        offset=float(rng.uniform(-60.0, 60.0)),
        angles=np.array([turn, apart]),
        shifts=np.array([[0.0, 0.0], 2.4 * _RADIUS_PX * np.array([np.cos(way), np.sin(way)])]),
    )
    source = _disc(rng)
    middle = 0.8 * _RADIUS_PX * np.sqrt(rng.random()) * _direction(rng)
    low, high = np.log(_SIZES_PX)
    axes = np.exp(rng.uniform(low, high, 2))
    tilt = rng.uniform(0.0, np.pi)

    def within(points: Points) -> NDArray[np.bool_]:
        x, y = (points - middle).T
        along = (np.cos(tilt) * x + np.sin(tilt) * y) / axes[0]
        across = (np.cos(tilt) * y - np.sin(tilt) * x) / axes[1]
        return np.asarray(along**2 + across**2 <= 1.0)

    # The target's points are another lattice, or the likest point would be the same one.
    on_target = _disc(rng)
    anchors = _RADIUS_PX * np.sqrt(rng.random((_ANCHORS, 1))) * _directions(rng, _ANCHORS)
    sheet = Sheet(source, within(source), moves.map(on_target))
    matched = _matched(rng, anchors, moves, _OFF_PX)
    return TornSheet(sheet, anchors, matched, within(on_target), moves, key)


def overlap_of(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Return the IoU of two sets of points; 0 where both are empty."""
    either = int((found | truth).sum())
    return float((found & truth).sum() / either) if either else 0.0


def _matched(rng: np.random.Generator, points: Points, moves: _Moves, off_px: float) -> Points:
    target = moves.map(points) + rng.uniform(-off_px, off_px, points.shape)
    wrong = rng.random(len(points)) < _WRONG
    return np.where(wrong[:, None], target[rng.permutation(len(target))], target)


def _disc(rng: np.random.Generator) -> Points:
    line = np.arange(-_RADIUS_PX, _RADIUS_PX, _GRID_PX) + rng.uniform(0.0, _GRID_PX)
    points = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    return np.asarray(points[np.linalg.norm(points, axis=1) <= _RADIUS_PX])


def _direction(rng: np.random.Generator) -> Points:
    return np.asarray(_directions(rng, 1)[0])


def _directions(rng: np.random.Generator, count: int) -> Points:
    angle = rng.uniform(-np.pi, np.pi, count)
    return np.column_stack([np.cos(angle), np.sin(angle)])
