"""Dense pose search: where, how turned and which side up one section lies on another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import fft

from sar_models.domain.transforms import Affine
from sar_models.engine.structure import structure_channels
from sar_models.engine.warping import warp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from sar_models.engine.section import Channel, Section

_PEAKS_PER_TURN = 3
_MIN_SHIFT_APART = 0.12
_TURN_APART_DEG = 20.0
_MOSTLY = 0.6
_ROUNDING = 0.95
"""Share of an overlap that sums in another order come to at least."""


@dataclass(frozen=True, eq=False)
class Pose:
    """A similarity that lays the source on the target, with its fit.

    Parameters
    ----------
    target_from_source : Affine
        Working pixels to working pixels.
    score : float
        Fit that poses are ranked by.
    similarity : float
        Correlation of the structures alone, in [-1, 1].
    """

    target_from_source: Affine
    score: float
    similarity: float


@dataclass(frozen=True)
class DensePoseSearch:
    """Try all turns, both sides and all shifts at once; no keypoints, no learning."""

    size_px: int = 256
    """Long side of the larger tissue. Coarser and finer both found fewer pieces."""
    step_deg: float = 6.0
    """Step of the turn; structures of a few pixels tolerate half of it."""
    min_overlap: float = 0.35
    """Smallest share of the smaller tissue that has to lie on tissue."""
    outline_weight: float = 0.3
    """Weight of the tissue's outline against its structures."""

    @classmethod
    def for_piece(cls) -> DensePoseSearch:
        """Return the search for one piece: all of it lies on tissue, its outline says nothing."""
        return cls(min_overlap=0.7, outline_weight=0.0)

    @classmethod
    def for_hard_piece(cls) -> DensePoseSearch:
        """Return the search for a piece of which half has no place: it may be two that touch."""
        return cls(min_overlap=0.5)

    def search(
        self,
        source: Section,
        target: Section,
        scale: float = 1.0,
        count: int = 10,
        channel: Channel | None = None,
    ) -> list[Pose]:
        """Return the best ``count`` different poses, best first.

        Parameters
        ----------
        source, target : Section
            Mask either to search with one piece, or in one part.
        scale : float
            Target working pixels per source working pixel.
        count : int
            How many poses to return; they differ in turn, side or place.
        channel : Channel or None
            What to compare by; all that there is with ``None``.
        """
        shrink = self.size_px / max(target.extent_px, scale * source.extent_px)
        fixed = _Plate.of(target, shrink, channel)
        moving = _Plate.of(source, shrink * scale, channel)
        correlator = _Correlator(fixed, moving, self)
        # The plates' pixels, in working pixels of each side.
        outer = fixed.working_from_plate
        inner = moving.working_from_plate.inverse()
        found = [
            Pose(outer @ peak.pose @ inner, peak.score, peak.similarity)
            for mirror in (False, True)
            for turn in np.arange(0.0, 360.0, self.step_deg)
            for peak in correlator.peaks(float(turn), mirror)
        ]
        found.sort(key=lambda pose: -pose.score)
        return different_poses(found, source, _MIN_SHIFT_APART * target.extent_px, count)


def pose_margin(poses: list[Pose]) -> float:
    """Return the best score over the best of a pose with another turn or side."""
    if not poses:
        return 0.0
    best = poses[0]
    others = [
        p.score for p in poses[1:] if is_turned(p.target_from_source, best.target_from_source)
    ]
    if not others or others[0] <= 0:
        return 10.0 if best.score > 0 else 0.0
    return min(best.score / others[0], 10.0)


def is_turned(first: Affine, second: Affine) -> bool:
    """Tell whether two poses differ in side, or by more than 20 degrees."""
    if first.mirrored != second.mirrored:
        return True
    turn = (first.rotation_deg - second.rotation_deg + 180.0) % 360.0 - 180.0
    return abs(turn) > _TURN_APART_DEG


def different_poses(
    ranked: list[Pose], source: Section, min_shift_px: float, count: int
) -> list[Pose]:
    """Return the first ``count`` poses that differ from every better one."""
    left, top, right, bottom = source.bounds
    centre = np.array([[(left + right) / 2, (top + bottom) / 2]])
    chosen: list[Pose] = []
    for pose in ranked:
        place = pose.target_from_source.map(centre)
        if all(
            is_turned(pose.target_from_source, other.target_from_source)
            or np.linalg.norm(place - other.target_from_source.map(centre)) > min_shift_px
            for other in chosen
        ):
            chosen.append(pose)
            if len(chosen) == count:
                break
    return chosen


@dataclass(frozen=True, eq=False)
class _Plate:
    """Structure channels of a section, cropped to its tissue."""

    channels: NDArray[np.float32]
    mask: NDArray[np.float32]
    working_from_plate: Affine

    @classmethod
    def of(cls, section: Section, factor: float, channel: Channel | None) -> _Plate:
        small = section.resized(factor)
        channels = structure_channels(small, channel)
        left, top, right, bottom = small.bounds
        crop = (slice(top, bottom), slice(left, right))
        height, width = small.mask.shape
        rows, columns = section.mask.shape
        scaling = Affine.scaling(columns / width, rows / height)
        return cls(
            np.ascontiguousarray(channels[:, *crop]),
            np.ascontiguousarray(small.mask[crop]),
            scaling @ Affine.translation((left, top)),
        )


class _Peak(NamedTuple):
    pose: Affine
    score: float
    similarity: float


@dataclass
class _Correlator:
    """Masked normalised correlation of two plates at all shifts."""

    fixed: _Plate
    moving: _Plate
    settings: DensePoseSearch
    _side: int = field(init=False)
    _shape: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self._side = int(np.ceil(np.hypot(*self.moving.mask.shape))) + 2
        # Correlation is circular. Where most of a piece has to lie on tissue, it seldom sticks out
        # by half of the canvas; what comes in again on the other side then is told by `_lies_on`.
        room = self._side if self.settings.min_overlap < _MOSTLY else self._side // 2 + 1
        self._shape = (
            fft.next_fast_len(room + self.fixed.mask.shape[0], real=True),
            fft.next_fast_len(room + self.fixed.mask.shape[1], real=True),
        )
        self._fixed_channels = self._forward(self.fixed.channels)
        self._fixed_energy = self._forward((self.fixed.channels**2).mean(axis=0))
        self._fixed_mask = self._forward(self.fixed.mask)

    def _forward(self, images: NDArray[np.float32]) -> NDArray[np.complex64]:
        return np.asarray(fft.rfft2(images, self._shape, workers=1), dtype=np.complex64)

    def _back(self, spectrum: NDArray[np.complex64]) -> NDArray[np.float32]:
        return np.asarray(fft.irfft2(spectrum, self._shape, workers=1), dtype=np.float32)

    def peaks(self, turn_deg: float, mirror: bool) -> Iterator[_Peak]:
        """Yield the best places of the moving plate under one turn."""
        canvas_from_plate = self._canvas_from_plate(turn_deg, mirror)
        turned, turned_mask = self._turned(canvas_from_plate)
        score, similarity = self._scores(turned, turned_mask)
        rows, columns = self.fixed.mask.shape
        apart = max(int(_MIN_SHIFT_APART * max(rows, columns)), 1)
        for _ in range(_PEAKS_PER_TURN):
            index = np.unravel_index(int(score.argmax()), score.shape)
            value = float(score[index])
            if value <= 0:
                return
            # Shifts beyond the fixed plate are negative ones.
            shift = [
                int(i) - (n if i >= m else 0)
                for i, n, m in zip(index, self._shape, (rows, columns), strict=True)
            ]
            if self._lies_on(turned_mask, (shift[0], shift[1])):
                pose = Affine.translation((shift[1], shift[0])) @ canvas_from_plate
                yield _Peak(pose, value, float(similarity[index]))
            near = [
                np.arange(i - apart, i + apart + 1) % n
                for i, n in zip(index, self._shape, strict=True)
            ]
            score[np.ix_(*near)] = -1.0

    def _canvas_from_plate(self, turn_deg: float, mirror: bool) -> Affine:
        turn = Affine.from_similarity(np.deg2rad(turn_deg), mirror=mirror)
        height, width = self.moving.mask.shape
        middle = np.full(2, self._side / 2)
        centre = turn.map(np.array([[width / 2, height / 2]]))[0]
        return Affine.translation(middle - centre) @ turn

    def _turned(self, canvas_from_plate: Affine) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        size = (self._side, self._side)
        turned = np.stack([warp(c, canvas_from_plate, size) for c in self.moving.channels])
        return turned, warp(self.moving.mask, canvas_from_plate, size)

    def _scores(
        self, channels: NDArray[np.float32], mask: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return score and similarity at all shifts; -1 where too little tissue overlaps."""
        turned_mask = np.conj(self._forward(mask))
        product = (self._fixed_channels * np.conj(self._forward(channels))).mean(axis=0)
        turned_energy = np.conj(self._forward((channels**2).mean(axis=0)))
        numerator = self._back(product)
        overlap = self._back(self._fixed_mask * turned_mask)
        energy_moving = self._back(self._fixed_mask * turned_energy)
        energy_fixed = self._back(self._fixed_energy * turned_mask)
        similarity = numerator / np.sqrt(
            np.maximum(energy_moving, 1.0) * np.maximum(energy_fixed, 1.0)
        )
        union = np.maximum(sum(self._areas) - overlap, 1.0)
        weight = self.settings.outline_weight
        score = (1.0 - weight) * similarity + weight * overlap / union
        score[overlap < self._least_overlap] = -1.0
        return score, similarity

    @property
    def _areas(self) -> tuple[float, float]:
        return float(self.fixed.mask.sum()), float(self.moving.mask.sum())

    @property
    def _least_overlap(self) -> float:
        smaller = self._areas[1] if self.settings.outline_weight == 0 else min(self._areas)
        return self.settings.min_overlap * smaller

    def _lies_on(self, mask: NDArray[np.float32], shift: tuple[int, int]) -> bool:
        """Tell whether a turned mask overlaps where it lies, not where it comes in again."""
        on_fixed, on_moving = [], []
        for begin, end in zip(shift, self.fixed.mask.shape, strict=True):
            first, last = max(begin, 0), max(min(begin + self._side, end), 0)
            on_fixed.append(slice(first, last))
            on_moving.append(slice(first - begin, last - begin))
        overlap = float((self.fixed.mask[*on_fixed] * mask[*on_moving]).sum())
        return overlap > _ROUNDING * self._least_overlap
