"""Small drawn sections with known truth, as slides in memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Self

import cv2
import numpy as np
import pytest
import torch

from sar_models.domain.geometry import Mpp, Region, Size
from sar_models.domain.slides import SlideInfo
from sar_models.domain.transforms import Affine
from sar_models.engine.scene.seeing import see_together
from sar_models.engine.scene.weights import shipped_scenes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.engine.section import See

# Absorption of two dyes in red, green, blue, for each of two stains.
STAINS = {
    "he": np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]]),
    "dab": np.array([[0.65, 0.70, 0.29], [0.27, 0.57, 0.78]]),
}
SIDE = 420


class MemorySlide:
    """A slide of one level held in memory."""

    def __init__(self, image: NDArray[np.uint8], mpp: float | None = None, name: str = "s") -> None:
        size = Size(image.shape[1], image.shape[0])
        self.image = image
        self.largest_read_px = 0
        self.info = SlideInfo(
            f"memory:{name}",
            name,
            size,
            (size,),
            None if mpp is None else Mpp(mpp, mpp),
            checksum=f"sha256:{name}",
        )

    def read(self, level: int, region: Region) -> NDArray[np.uint8]:
        assert level == 0
        assert region.lies_in(self.info.size)
        self.largest_read_px = max(self.largest_read_px, region.width * region.height)
        return self.image[region.y : region.y + region.height, region.x : region.x + region.width]

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        pass


@dataclass(frozen=True, eq=False)
class Drawn:
    """Two dyes of a drawn section, ``(2, SIDE, SIDE)``, on an empty ground."""

    dyes: NDArray[np.float32]

    def photograph(self, stain: str, seed: int = 0, glass: int = 242) -> NDArray[np.uint8]:
        """Return the section as RGB."""
        density = np.tensordot(self.dyes, STAINS[stain], axes=(0, 0))
        noise = np.random.default_rng(seed).normal(0, 1.5, density.shape)
        return np.clip(glass * np.exp(-density) + noise, 0, 255).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Truth:
    """A smooth ``source_from_target``; its inverse is iterated."""

    pose: Affine
    amplitude_px: float = 4.0

    def source_from_target(self, points: Points) -> Points:
        back = self.pose.inverse().map(points)
        wave = np.sin(back[:, ::-1] / 70.0 + [0.3, 1.1])
        return back + self.amplitude_px * wave

    def map(self, points: Points) -> Points:
        guess = self.pose.map(points)
        for _ in range(30):
            guess -= (self.source_from_target(guess) - points) @ self.pose.linear.T
        return guess

    def apply(self, section: Drawn, size: Size) -> Drawn:
        """Return the section as it lies on the target."""
        y, x = np.mgrid[0 : size.height, 0 : size.width]
        centres = np.stack([x.ravel(), y.ravel()], axis=-1) + 0.5
        at = (self.source_from_target(centres) - 0.5).astype(np.float32)
        maps = [at[:, k].reshape(size.height, size.width) for k in (0, 1)]
        return Drawn(np.stack([cv2.remap(dye, *maps, cv2.INTER_LINEAR) for dye in section.dyes]))


def draw_section(seed: int, glands: int = 90) -> Drawn:
    """Draw an irregular section with glands, their lumens, and vessels."""
    rng = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    radius = (
        0.36
        * SIDE
        * (
            1
            + sum(
                rng.uniform(0.03, 0.1) * np.sin(k * angle + rng.uniform(0, 6.28))
                for k in (1, 2, 3, 5)
            )
        )
    )
    outline = np.stack([np.cos(angle) * radius * 1.1, np.sin(angle) * radius], axis=-1) + SIDE / 2
    tissue = np.zeros((SIDE, SIDE), np.float32)
    cv2.fillPoly(tissue, [outline.astype(np.int32)], 1.0)
    nuclei, matrix = 0.15 * tissue, 0.35 * tissue
    for _ in range(glands):
        centre = tuple(int(v) for v in rng.uniform(0.1 * SIDE, 0.9 * SIDE, 2))
        axes = tuple(int(v) for v in rng.uniform(5, 17, 2))
        turn = float(rng.uniform(0, 180))
        cv2.ellipse(nuclei, centre, axes, turn, 0, 360, float(rng.uniform(0.5, 0.9)), -1)
        inner = tuple(max(v // 2, 2) for v in axes)
        cv2.ellipse(nuclei, centre, inner, turn, 0, 360, 0.05, -1)
        cv2.ellipse(matrix, centre, inner, turn, 0, 360, 0.05, -1)
    dyes = np.stack([nuclei * tissue, matrix * tissue])
    return Drawn(np.stack([cv2.GaussianBlur(dye, (0, 0), 1.0) for dye in dyes]))


@dataclass(frozen=True, eq=False)
class Scene:
    """A pair of slides and what is true about it."""

    source: MemorySlide
    target: MemorySlide
    truth: Truth
    points: Points
    """Places on the source's tissue."""

    def error_px(self, mapped: Points) -> NDArray[np.float64]:
        """Return the distance of each mapped point from where it belongs."""
        return np.linalg.norm(mapped - self.truth.map(self.points), axis=1)


@pytest.fixture(scope="session")
def make_scene() -> Callable[..., Scene]:
    """A builder of turned, mirrored, deformed, restained pairs."""

    def make(
        seed: int = 1,
        turn_deg: float = 127.0,
        *,
        mirror: bool = True,
        scale: float = 1.0,
        mpps: tuple[float | None, float | None] = (4.0, 4.0),
    ) -> Scene:
        section = draw_section(seed)
        side = round(SIDE * scale * 1.25)
        turn = Affine.from_similarity(np.deg2rad(turn_deg), scale, mirror=mirror)
        middle = turn.map(np.full((1, 2), SIDE / 2))[0]
        truth = Truth(Affine.translation(side / 2 - middle) @ turn)
        target = truth.apply(section, Size(side, side))
        ring = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        spokes = np.stack([np.cos(ring), np.sin(ring)], axis=-1)
        points = np.concatenate([r * SIDE * spokes for r in (0.08, 0.17, 0.26)]) + SIDE / 2
        return Scene(
            MemorySlide(section.photograph("he", 1), mpps[0], "source"),
            MemorySlide(target.photograph("dab", 2, 236), mpps[1], "target"),
            truth,
            points,
        )

    return make


@pytest.fixture(scope="session")
def scene(make_scene: Callable[..., Scene]) -> Scene:
    """One turned and mirrored pair."""
    return make_scene()


@pytest.fixture(scope="session")
def see() -> See:
    """What the networks that ship make out of colours and mask."""
    networks = [scene.network for scene in shipped_scenes()]
    return partial(see_together, networks, device=torch.device("cpu"))


@pytest.fixture(scope="session")
def memory_slide() -> type[MemorySlide]:
    """The class of slides held in memory."""
    return MemorySlide


@pytest.fixture(scope="session")
def drawn() -> Callable[..., Drawn]:
    """The drawing function of single sections."""
    return draw_section
