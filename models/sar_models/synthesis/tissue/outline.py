"""Outlines of tissue on a slide: resection pieces, needle cores and punches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from shapely import LineString, Polygon, affinity

from sar_models.synthesis.noise import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

OutlineKind = Literal["resection", "core", "punch"]
OUTLINE_KINDS: tuple[OutlineKind, ...] = get_args(OutlineKind)

_VERTEX_UM = 8.0


def draw_outline(seed: int, kind: OutlineKind, length_um: float) -> Polygon:
    """Draw the outline of a piece of tissue around (0, 0), its long side ``length_um``."""
    makers = {"resection": _resection, "core": _core, "punch": _punch}
    shape = makers[kind](stream(seed, "outline"))
    shape = shape if shape.is_valid else shape.buffer(0)
    x0, y0, x1, y1 = shape.bounds
    factor = length_um / max(x1 - x0, y1 - y0)
    placed = affinity.translate(shape, -(x0 + x1) / 2, -(y0 + y1) / 2)
    scaled: Polygon = affinity.scale(placed, factor, factor, origin=(0, 0))
    return scaled


def roughened(
    outline: Polygon, shared: np.random.Generator, fresh: np.random.Generator, change: float
) -> NDArray[np.float64]:
    """Return the edge of ``outline`` as cut in one section, (K, 2) um.

    Slow waves come from the ``shared`` stream (both sections have them), fine fraying from
    ``fresh`` (each section tears along its own fibres).
    """
    ring = outline.exterior
    count = max(int(ring.length / _VERTEX_UM), 32)
    steps = np.arange(count) * (ring.length / count)
    points = np.array([ring.interpolate(s).coords[0] for s in steps])
    tangent = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    push = 13.0 * _ring_noise(shared, count, 150.0) + 6.0 * _ring_noise(shared, count, 45.0)
    push += change * (5.0 * _ring_noise(fresh, count, 90.0)) + 3.0 * _ring_noise(fresh, count, 20.0)
    edge: NDArray[np.float64] = points + normal * push[:, None]
    return edge


def _ring_noise(rng: np.random.Generator, count: int, length_um: float) -> NDArray[np.float64]:
    """Return periodic noise of deviation 1 along a ring of ``count`` vertices."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    wavelength = count * _VERTEX_UM / np.maximum(np.arange(len(spectrum)), 1)
    noise = np.fft.irfft(spectrum * np.exp(-((length_um / wavelength) ** 2)), count)
    deviation = float(noise.std())
    result: NDArray[np.float64] = noise / max(deviation, 1e-9)
    return result


def _resection(rng: np.random.Generator) -> Polygon:
    theta = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    radius = np.ones_like(theta)
    for k in range(2, 12):
        radius += rng.normal() * 0.17 / k**0.85 * np.cos(k * theta + rng.uniform(0, 2 * np.pi))
    aspect = rng.uniform(0.6, 0.9)
    radius = np.clip(radius, 0.5, 1.6)
    blob = Polygon(np.stack([radius * np.cos(theta), aspect * radius * np.sin(theta)], axis=1))
    # The pathologist's knife leaves straight edges.
    for _ in range(int(rng.integers(0, 3))):
        blob = _knife(rng, blob)
    turned: Polygon = affinity.rotate(blob, rng.uniform(0, 360), origin=(0, 0))
    return turned


def _knife(rng: np.random.Generator, blob: Polygon) -> Polygon:
    bearing = rng.uniform(0, 2 * np.pi)
    reach = rng.uniform(0.6, 0.85)
    keep = affinity.rotate(
        Polygon([(-9, -9), (reach, -9), (reach, 9), (-9, 9)]), bearing, (0, 0), use_radians=True
    )
    cut = blob.intersection(keep)
    return cut if isinstance(cut, Polygon) and cut.area > 0.6 * blob.area else blob


def _core(rng: np.random.Generator) -> Polygon:
    x = np.linspace(-1, 1, 80)
    bend = rng.normal() * 0.08 * x**2 + rng.normal() * 0.05 * x**3
    bend += 0.02 * np.sin(x * rng.uniform(4, 9) + rng.uniform(0, 6))
    width = rng.uniform(0.13, 0.19)
    strip = LineString(np.stack([x, bend], axis=1)).buffer(width, cap_style="round")
    turned: Polygon = affinity.rotate(strip, rng.uniform(-12, 12), origin=(0, 0))
    return turned


def _punch(rng: np.random.Generator) -> Polygon:
    theta = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    radius = np.ones_like(theta)
    for k in range(2, 8):
        radius += rng.normal() * 0.022 * np.cos(k * theta + rng.uniform(0, 2 * np.pi))
    return Polygon(np.stack([radius * np.cos(theta), radius * np.sin(theta)], axis=1))
