"""Made-up anchors with known truth: moved, bent, torn, and matched wrongly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

_WAVES = 24
"""Waves in a smooth deformation: their sum is all but a Gaussian field."""

Range = tuple[float, float]
Array = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """What happens between the two slides. Of every range one number is drawn for an episode."""

    frame_px: Range = (400.0, 400.0)
    """Side of the square that holds anchors and points."""
    perturbation_px: Range = (0.0, 0.0)
    """Anchors on the target are off by as much at most, along each axis."""
    smooth_px: Range = (0.0, 0.0)
    """Standard deviation of a smooth deformation, along each axis."""
    smooth_length_px: Range = (120.0, 120.0)
    """Its correlation length."""
    tears: Range = (0.0, 0.0)
    """Straight tears through the frame; rounded."""
    tear_turn_deg: float = 30.0
    """Most that a piece turns against the rest."""
    tear_shift_px: Range = (10.0, 60.0)
    """How far it moves."""
    wrong_share: Range = (0.0, 0.0)
    """Share of the anchors whose partner is any place of the frame; rounded."""
    close_share: float = 0.0
    """Share of these whose partner is near the right one: 0.05 to 0.3 of the frame."""
    calm: float = 0.0
    """Chance of each effect to be absent in an episode, whatever its range says."""


class Episodes(NamedTuple):
    """Groups of anchors and points to find, ``B`` of them.

    Parameters
    ----------
    points, places : (B, N, 2) tensor
        Source points, and where they truly lie on the target.
    source, target : (B, K, 2) tensor
        Anchors.
    right : (B, K) bool tensor
        Which of them are no wrong match.
    """

    points: torch.Tensor
    places: torch.Tensor
    source: torch.Tensor
    target: torch.Tensor
    right: torch.Tensor

    @classmethod
    def of(
        cls, points: Array, places: Array, source: Array, target: Array, right: NDArray[np.bool_]
    ) -> Episodes:
        """Return arrays as episodes, in single precision."""
        asked, true = _tensor(points), _tensor(places)
        return cls(asked, true, _tensor(source), _tensor(target), torch.from_numpy(right))

    def first(self, count: int) -> Episodes:
        """Return the first of the episodes."""
        return Episodes(*(values[:count] for values in self))

    def to(self, device: torch.device) -> Episodes:
        """Return the same on a device."""
        return Episodes(*(values.to(device) for values in self))


PAPER_WORLD = World(perturbation_px=(5.0, 5.0))
"""As the paper trains: rigid, and every anchor off by up to five pixels."""

WIDE_WORLD = World(
    frame_px=(150.0, 400.0),
    perturbation_px=(0.0, 8.0),
    smooth_px=(0.0, 15.0),
    smooth_length_px=(80.0, 200.0),
    tears=(0.5, 2.49),
    tear_turn_deg=45.0,
    tear_shift_px=(5.0, 80.0),
    wrong_share=(0.05, 0.6),
    close_share=0.3,
    calm=0.5,
)
"""Everything together, as real anchors have it."""

REGIMES: dict[str, World] = {
    "rigid": World(),
    "perturbed": PAPER_WORLD,
    "smooth": World(perturbation_px=(5.0, 5.0), smooth_px=(8.0, 8.0)),
    "torn": World(perturbation_px=(5.0, 5.0), tears=(1.0, 1.0)),
    "25 % wrong": World(perturbation_px=(5.0, 5.0), wrong_share=(0.25, 0.25)),
    "50 % wrong": World(perturbation_px=(5.0, 5.0), wrong_share=(0.5, 0.5)),
}
"""What retrieval is measured on."""


def without_perturbation(world: World) -> World:
    """Return a world whose anchors are where they belong."""
    return replace(world, perturbation_px=(0.0, 0.0))


def draw_episodes(
    rng: np.random.Generator, count: int, anchors: int, points: int, world: World
) -> Episodes:
    """Draw groups of anchors, and points with known places.

    Parameters
    ----------
    rng : Generator
        Equal states give equal episodes.
    count, anchors, points : int
        B, K and N.
    world : World
    """
    frame = _drawn(rng, count, world.frame_px)[:, None, None]
    source = (rng.random((count, anchors + points, 2)) - 0.5) * frame
    moved = source + _smooth(rng, source, world)
    moved = _torn(rng, source, moved, world)
    angle = rng.uniform(-np.pi, np.pi, count)
    shift = rng.uniform(-0.5, 0.5, (count, 1, 2)) * frame
    true = _turned(moved, angle) + shift
    off = _effect(rng, count, world.perturbation_px, world.calm)[:, None, None]
    target = true[:, :anchors] + off * rng.uniform(-1.0, 1.0, (count, anchors, 2))
    elsewhere = _turned((rng.random((count, anchors, 2)) - 0.5) * frame, angle) + shift
    far = rng.uniform(0.05, 0.3, (count, anchors, 1)) * frame
    way = rng.uniform(-np.pi, np.pi, (count, anchors))
    close = target + far * np.stack([np.cos(way), np.sin(way)], axis=-1)
    is_close = rng.random((count, anchors, 1)) < world.close_share
    wrong = _wrong(rng, count, anchors, world)
    target = np.where(wrong[..., None], np.where(is_close, close, elsewhere), target)
    return Episodes.of(source[:, anchors:], true[:, anchors:], source[:, :anchors], target, ~wrong)


def _tensor(values: Array) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values)).float()


def _drawn(rng: np.random.Generator, count: int, between: Range) -> Array:
    return rng.uniform(between[0], between[1], count)


def _effect(rng: np.random.Generator, count: int, between: Range, calm: float) -> Array:
    """Return the strength of an effect in each episode, none in the calm ones."""
    strength = _drawn(rng, count, between)
    return np.where(rng.random(count) < calm, 0.0, strength)


def _smooth(rng: np.random.Generator, points: Array, world: World) -> Array:
    count = len(points)
    strength = _effect(rng, count, world.smooth_px, world.calm)
    length = _drawn(rng, count, world.smooth_length_px)
    waves = rng.normal(size=(count, _WAVES, 2)) / length[:, None, None]
    phase = rng.uniform(0.0, 2.0 * np.pi, (count, 1, _WAVES))
    height = rng.normal(size=(count, _WAVES, 2)) * np.sqrt(2.0 / _WAVES)
    found: Array = np.cos(points @ waves.transpose(0, 2, 1) + phase) @ height
    return found * strength[:, None, None]


def _torn(rng: np.random.Generator, source: Array, moved: Array, world: World) -> Array:
    """Move what lies beyond each tear by itself."""
    count = len(source)
    tears = np.round(_effect(rng, count, world.tears, world.calm)).astype(int)
    for tear in range(round(world.tears[1])):
        through = rng.uniform(-0.2, 0.2, (count, 1, 2)) * np.ptp(source, axis=1, keepdims=True)
        normal = rng.uniform(-np.pi, np.pi, count)
        across = np.stack([np.cos(normal), np.sin(normal)], axis=-1)[:, :, None]
        beyond = ((source - through) @ across > 0.0) & (tears > tear)[:, None, None]
        turn = np.deg2rad(rng.uniform(-world.tear_turn_deg, world.tear_turn_deg, count))
        far = _drawn(rng, count, world.tear_shift_px)
        way = rng.uniform(-np.pi, np.pi, count)
        shift = far[:, None] * np.stack([np.cos(way), np.sin(way)], axis=-1)
        apart = _turned(moved - through, turn) + through + shift[:, None]
        moved = np.where(beyond, apart, moved)
    return moved


def _wrong(rng: np.random.Generator, count: int, anchors: int, world: World) -> NDArray[np.bool_]:
    number = np.round(_effect(rng, count, world.wrong_share, world.calm) * anchors)
    order = rng.random((count, anchors)).argsort(axis=1)
    return np.asarray(order < number[:, None])


def _turned(points: Array, angle: Array) -> Array:
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x, y = points[..., 0], points[..., 1]
    return np.stack([cosine * x - sine * y, sine * x + cosine * y], axis=-1)
