"""Anchors: places that are recognised on both sides, whatever the stain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from scipy import fft

from sar_models.engine.stains import blur

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MIN_TISSUE = 0.6
_MIN_TEXTURE = 0.15
_LOCAL_SIGMA_PX = 8.0


@dataclass(frozen=True, eq=False)
class BlockMatches:
    """Where small blocks of the source fit best on the target, both on one grid.

    Parameters
    ----------
    centres : (N, 2) float64
        Centres of the blocks, grid pixels ``(x, y)``, corner origin.
    shifts : (N, 2) float64
        Best shift of each block, grid pixels.
    peaks : (N,) float64
        Correlation at that shift.
    reach_px : float
        Largest shift that was tried, per axis.
    """

    centres: NDArray[np.float64]
    shifts: NDArray[np.float64]
    peaks: NDArray[np.float64]
    reach_px: float

    def agreeing(self, tolerance_px: float) -> NDArray[np.bool_]:
        """Return which blocks fit best in place, ``(N,)``."""
        return np.asarray(np.hypot(self.shifts[:, 0], self.shifts[:, 1]) <= tolerance_px)


@dataclass(frozen=True)
class BlockMatcher:
    """Correlate blocks of one image with the neighbourhood of their place on the other."""

    size_px: int = 448
    """Long side of the images that are compared."""
    block_px: int = 40
    """Side of a block: a tenth of the tissue holds structure that sections share."""
    stride_px: int = 16
    """Distance of neighbouring blocks."""
    reach_px: int = 20
    """Largest shift per axis."""

    def match(
        self,
        source: NDArray[np.float32],
        target: NDArray[np.float32],
        weight: NDArray[np.float32],
    ) -> BlockMatches:
        """Match blocks of two registered images where ``weight`` ``(H, W)`` says tissue.

        The images are ``(H, W)``, or ``(C, H, W)`` to be matched in all channels together. Centres
        and shifts come back in pixels of the images given.
        """
        height, width = weight.shape
        layers = [image.reshape(-1, height, width) for image in (source, target)]
        factor = min(self.size_px / max(height, width), 1.0)
        size = (max(round(width * factor), 8), max(round(height * factor), 8))
        scale = np.array([width / size[0], height / size[1]])
        mask = _resized(weight, size)
        fixed, moving = (
            np.stack([_levelled(_resized(layer, size), mask) for layer in image])
            for image in layers
        )
        corners = self._corners(np.square(fixed).mean(axis=0), mask)
        if len(corners) == 0:
            empty = np.zeros((0, 2))
            return BlockMatches(empty, empty, np.zeros(0), self.reach_px * float(scale.mean()))
        shifts, peaks = self._best_shifts(fixed, moving, corners)
        centres = corners + self.block_px / 2
        return BlockMatches(centres * scale, shifts * scale, peaks, self.reach_px * float(scale[0]))

    def _corners(self, power: NDArray[np.float32], mask: NDArray[np.float32]) -> NDArray[np.intp]:
        """Return the corners ``(x, y)`` of blocks on textured tissue, ``(N, 2)``."""
        side = self.block_px
        ys = np.arange(0, mask.shape[0] - side + 1, self.stride_px)
        xs = np.arange(0, mask.shape[1] - side + 1, self.stride_px)
        if len(ys) == 0 or len(xs) == 0:
            return np.zeros((0, 2), dtype=np.intp)
        sums = cv2.integral(np.asarray(mask)), cv2.integral(power)
        y, x = (grid.ravel() for grid in np.meshgrid(ys, xs, indexing="ij"))
        tissue, energy = (
            (s[y + side, x + side] - s[y, x + side] - s[y + side, x] + s[y, x]) / side**2
            for s in sums
        )
        use = (tissue > _MIN_TISSUE) & (energy > _MIN_TEXTURE)
        return np.stack([x[use], y[use]], axis=-1)

    def _best_shifts(
        self,
        fixed: NDArray[np.float32],
        moving: NDArray[np.float32],
        corners: NDArray[np.intp],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return shift and height of the best correlation of each block over all channels."""
        product, own, energies = (
            np.sum(parts, axis=0)
            for parts in zip(
                *(self._correlate(a, b, corners) for a, b in zip(fixed, moving, strict=True)),
                strict=True,
            )
        )
        floor = 0.1 * float(own.mean())
        score = product / np.sqrt((own + floor) * (np.maximum(energies, 0) + floor))
        return _peaks(score.astype(np.float64), self.reach_px)

    def _correlate(
        self,
        fixed: NDArray[np.float32],
        moving: NDArray[np.float32],
        corners: NDArray[np.intp],
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Return products at all shifts, energies of the blocks, and energies under them."""
        reach, side = self.reach_px, self.block_px
        span = side + 2 * reach
        padded = np.pad(moving, reach)
        blocks = np.lib.stride_tricks.sliding_window_view(fixed, (side, side))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (span, span))
        x, y = corners.T
        block, window = blocks[y, x], windows[y, x]
        energy = cv2.boxFilter(
            padded * padded,
            -1,
            (side, side),
            anchor=(0, 0),
            normalize=False,
            borderType=cv2.BORDER_CONSTANT,
        )
        energies = np.lib.stride_tricks.sliding_window_view(
            np.asarray(energy), (2 * reach + 1, 2 * reach + 1)
        )[y, x]
        spectrum = fft.rfft2(window, workers=1) * np.conj(fft.rfft2(block, (span, span), workers=1))
        product = fft.irfft2(spectrum, (span, span), workers=1)[:, : 2 * reach + 1, : 2 * reach + 1]
        return product, (block**2).sum(axis=(1, 2))[:, None, None], energies


def _peaks(
    score: NDArray[np.float64], reach: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the sub-pixel shift ``(N, 2)`` and the height ``(N,)`` of each score's maximum."""
    count, rows, columns = score.shape
    flat = score.reshape(count, -1).argmax(axis=1)
    y, x = np.unravel_index(flat, (rows, columns))
    index = np.arange(count)
    peak = score[index, y, x]

    def vertex(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
        bend = before - 2 * peak + after
        offset = np.where(bend < -1e-9, 0.5 * (before - after) / np.minimum(bend, -1e-9), 0.0)
        return np.clip(offset, -0.5, 0.5)

    up, down = score[index, np.maximum(y - 1, 0), x], score[index, np.minimum(y + 1, rows - 1), x]
    left, right = (
        score[index, y, np.maximum(x - 1, 0)],
        score[index, y, np.minimum(x + 1, columns - 1)],
    )
    shifts = np.stack([x - reach + vertex(left, right), y - reach + vertex(up, down)], axis=-1)
    return shifts, peak


def _resized(image: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _levelled(image: NDArray[np.float32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take out the local mean and divide by the local deviation, zero off tissue."""
    around = blur(mask, _LOCAL_SIGMA_PX) + np.float32(1e-3)
    mean = blur(image * mask, _LOCAL_SIGMA_PX) / around
    rest = (blur(image, 0.8) - mean) * mask
    local = np.sqrt(blur(rest * rest, _LOCAL_SIGMA_PX) / around)
    inside = mask > 0.5
    typical = float(local[inside].mean()) if inside.any() else 1.0
    return np.asarray(rest / (local + 0.3 * typical + 1e-9), dtype=np.float32)
