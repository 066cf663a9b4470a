"""Keypoints by SAR-Net's scene: what tissue is, whatever its stain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.domain.errors import EngineError
from sar_models.domain.transforms import Affine
from sar_models.engine.keypoints.features import ALL_TURNS, Features, Turn, of_unit_length
from sar_models.engine.keypoints.pattern import Pattern, Ring, is_whole, permuted
from sar_models.engine.scene.seeing import ENCODED_PX, see_scene
from sar_models.engine.scene.weights import shipped_scene
from sar_models.engine.warping import as_float

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.engine.scene.network import SarNet
    from sar_models.engine.section import Section

_TISSUE = 0.5
_EVERY = 7
"""Share of the pixels that the channels are condensed by."""


@dataclass(frozen=True, eq=False)
class SceneExtractor:
    """Places laid evenly over the tissue, described by the scene in a wide pattern around them.

    Sections share structures of a tenth of a millimetre and more, seldom cells: a place is told by
    what lies around it rather than by a corner at it. The scene hardly changes when a picture is
    turned, so only the pattern is; both pictures are encoded once.
    """

    network: SarNet
    device: torch.device
    turns: tuple[Turn, ...] = ALL_TURNS
    """Turns to try; multiples of 30 degrees cost no second look."""
    least_margin: float = 0.02
    """Every tenth false match goes, and every thirtieth right one."""
    count: int = 2048
    """Places on each section."""
    channels: int = 32
    """Principal channels of both scenes that are compared; more tell hardly more."""
    whitening: float = 0.5
    """How far channels are brought to equal strength: 0 not at all, 1 wholly."""
    rings: tuple[Ring, ...] = (Ring(5.0, 1.5), Ring(11.0, 3.0), Ring(20.0, 5.0), Ring(32.0, 8.0))
    """In pixels of the scene, of which the longer tissue has `ENCODED_PX` / 2."""
    rough_channels: int = 16
    """Channels while all turns are tried."""
    rough_every: int = 3
    """Which of the source's places are used then."""

    def extract(self, source: Section, target: Section, scale: float) -> tuple[_Seen, _Seen]:
        """Return both sides of a pair, seen at one scale.

        Parameters
        ----------
        source, target : Section
            With their colours.
        scale : float
            Target working pixels per source working pixel.
        """
        factor = min(ENCODED_PX / max(target.extent_px, scale * source.extent_px), 1.0)
        looks = [self._look(source, factor * scale), self._look(target, factor)]
        condensed = _condensed(looks, self.channels, self.whitening)
        first, second = (
            _Seen(
                look,
                Pattern.over(layers, self.rings),
                _even(look.mask, self.count),
                _Roughly(self.rough_channels, every),
            )
            for layers, look, every in zip(condensed, looks, (self.rough_every, 1), strict=True)
        )
        return first, second

    def _look(self, section: Section, factor: float) -> _Look:
        if section.colours is None:
            raise EngineError("Keypoints are to be found in a section without its colours")
        scene, pixels = see_scene(self.network, section.colours, section.mask, factor, self.device)
        size = (scene.shape[2], scene.shape[1])
        mask = as_float(cv2.resize(section.mask, size, interpolation=cv2.INTER_AREA))
        return _Look(scene, mask, Affine.scaling(*pixels))


@dataclass(frozen=True, eq=False)
class _Look:
    """A scene ``(C, h, w)``, its tissue ``(h, w)`` and ``working_from_scene``."""

    scene: NDArray[np.float32]
    mask: NDArray[np.float32]
    working_from_scene: Affine


@dataclass(frozen=True)
class _Roughly:
    """How a section is looked at while all turns are tried."""

    channels: int
    every: int


class _Seen:
    """One side of a pair; what lies around its places unturned is looked up once."""

    def __init__(
        self, look: _Look, pattern: Pattern, laid: tuple[Points, float], roughly: _Roughly
    ) -> None:
        self._pattern = pattern
        self._places, spacing_px = laid
        self._roughly = roughly
        self._working = look.working_from_scene.map(self._places)
        self._spacing_px = spacing_px * look.working_from_scene.scale
        self._unturned = pattern.around(self._places, Turn())

    def features(self, turn: Turn, *, rough: bool = False) -> Features:
        """Return places and descriptors as if the section had been turned."""
        every = self._roughly.every if rough else 1
        around = (
            permuted(self._unturned[::every], turn)
            if is_whole(turn)
            else self._pattern.around(self._places[::every], turn)
        )
        if rough:
            around = around[..., : self._roughly.channels]
        flat = around.reshape(len(around), -1)
        # What all places of a section have in common tells none of them.
        flat = flat - flat.mean(axis=0) if len(flat) else flat
        return Features(self._working[::every], of_unit_length(flat), self._spacing_px)


def _condensed(looks: list[_Look], count: int, whitening: float) -> list[NDArray[np.float32]]:
    """Return the principal channels of both scenes, zero off tissue."""
    inside = [look.scene[:, look.mask > _TISSUE].T[::_EVERY] for look in looks]
    values = np.concatenate(inside)
    mean = values.mean(axis=0) if len(values) else np.zeros(values.shape[1], dtype=np.float32)
    rest = values - mean
    variances, axes = np.linalg.eigh(rest.T @ rest / max(len(rest), 1))
    deviations = np.sqrt(np.maximum(variances[::-1][:count], 1e-12))
    project = axes.T[::-1][:count] / deviations[:, None] ** whitening
    return [
        np.asarray(
            np.tensordot(project, look.scene - mean[:, None, None], 1) * look.mask,
            dtype=np.float32,
        )
        for look in looks
    ]


def _even(mask: NDArray[np.float32], count: int) -> tuple[Points, float]:
    """Return at most ``count`` places ``(N, 2)`` on a square grid over tissue, and its spacing."""
    height, width = mask.shape
    spacing = max(float(np.sqrt((mask > _TISSUE).sum() / count)), 1.0)
    while True:
        x = np.arange(spacing / 2, width, spacing)
        y = np.arange(spacing / 2, height, spacing)
        grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        column, row = grid.astype(np.intp).T
        places = grid[mask[row, column] > _TISSUE]
        if len(places) <= count:
            return places, spacing
        spacing *= 1.01


def scene_extractor(device: torch.device) -> SceneExtractor:
    """Return the extractor with the network that ships with the package.

    Raises
    ------
    EngineError
        If the weights are missing or not those that were shipped.
    """
    return SceneExtractor(shipped_scene().network.to(device), device)
