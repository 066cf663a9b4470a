"""Pieces of tissue: what lies apart on a slide, and parts of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt
from skimage.feature import peak_local_max
from skimage.segmentation import watershed

from sar_models.engine.masks import solid

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_SHARE = 0.015
"""Smallest piece that is searched, of all tissue on its slide: less shows too little structure."""

SLIVER = 0.012
"""Half the width, in long sides, up to which remains are the ragged edge of a placed piece."""
NARROW = 0.5
"""Width of the neck between two pieces that touch, over that of the smaller one."""

_CORES_SHARE = 0.6
_NECK_PX = 250


def pieces_of(tissue: NDArray[np.bool_], min_area_px: float) -> list[NDArray[np.bool_]]:
    """Return the connected parts of a mask ``(H, W)`` of at least some area, largest first."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        tissue.astype(np.uint8), connectivity=8
    )
    areas = stats[:, cv2.CC_STAT_AREA]
    order = sorted(range(1, count), key=lambda label: -int(areas[label]))
    return [labels == label for label in order if areas[label] >= min_area_px]


def split_at_cracks(
    piece: NDArray[np.bool_], cracked: NDArray[np.bool_], min_area_px: float
) -> list[NDArray[np.bool_]]:
    """Return the parts of a piece that only its closed cracks hold together, largest first.

    Parameters
    ----------
    piece : (H, W) bool
    cracked : (H, W) bool
        Tissue with its cracks.
    min_area_px : float
        Of a part; a piece that falls into crumbs (airspaces) is no torn one.
    """
    cores = pieces_of(piece & cracked, min_area_px)
    if len(cores) < 2 or sum(int(core.sum()) for core in cores) < _CORES_SHARE * piece.sum():
        return [piece]
    labels = np.zeros(piece.shape, dtype=np.intp)
    for label, core in enumerate(cores, start=1):
        labels[core] = label
    labels = _spread(labels, piece)
    return [labels == label for label in range(1, len(cores) + 1)]


def split_at_necks(
    piece: NDArray[np.bool_], min_area_px: float, narrow: float = NARROW
) -> list[NDArray[np.bool_]]:
    """Return the parts of a piece that only narrow necks hold together, largest first.

    Parameters
    ----------
    piece : (H, W) bool
    min_area_px : float
        Of a part.
    narrow : float
        Width of a neck over that of the smaller part which it holds, from which on it is none:
        two pieces that touch, not one that tapers. Holes and bays do not make a neck.
    """
    factor = min(_NECK_PX / max(piece.shape), 1.0)
    size = (max(round(piece.shape[1] * factor), 1), max(round(piece.shape[0] * factor), 1))
    small = solid(cv2.resize(piece.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0)
    depth = np.asarray(distance_transform_edt(np.pad(small, 1)))[1:-1, 1:-1]
    peaks = peak_local_max(
        depth, min_distance=max(round(_NECK_PX * 0.03), 1), labels=small.astype(np.uint8)
    )
    if len(peaks) < 2:
        return [piece]
    seeds = np.zeros(depth.shape, dtype=np.int32)
    seeds[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    labels = watershed(-depth, seeds, mask=small)
    merged = _merged_at_wide_necks(labels, depth, min_area_px * factor**2, narrow)
    if len(np.unique(merged[merged > 0])) < 2:
        return [piece]
    full = cv2.resize(merged.astype(np.int32), piece.shape[::-1], interpolation=cv2.INTER_NEAREST)
    # The coarse parts end a pixel or two inside the rim of the piece.
    full = _spread(np.asarray(full, dtype=np.intp), piece)
    parts = [full == label for label in np.unique(full[full > 0])]
    if len(parts) < 2:
        return [piece]
    return sorted(parts, key=lambda part: -int(part.sum()))


def _spread(labels: NDArray[np.intp], over: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return labels ``(H, W)`` for all of a mask: where there is none, the nearest one."""
    nearest = distance_transform_edt(labels == 0, return_distances=False, return_indices=True)
    return np.where(over, labels[tuple(nearest)], 0)


def _merged_at_wide_necks(
    labels: NDArray[np.int32], depth: NDArray[np.float64], min_area: float, narrow: float
) -> NDArray[np.int32]:
    """Merge basins, the widest neck first, until only narrow necks are left between large ones."""
    labels = labels.copy()
    while True:
        widest: tuple[float, int, int] | None = None
        for (one, two), saddle in _saddles(labels, depth).items():
            a, b = labels == one, labels == two
            width = saddle / max(min(float(depth[a].max()), float(depth[b].max())), 1e-6)
            if min(int(a.sum()), int(b.sum())) < min_area:
                width += 1.0
            if width >= narrow and (widest is None or width > widest[0]):
                widest = (width, one, two)
        if widest is None:
            return labels
        labels[labels == widest[2]] = widest[1]


def _saddles(labels: NDArray[np.int32], depth: NDArray[np.float64]) -> dict[tuple[int, int], float]:
    """Return the greatest depth on the border of each two basins."""
    found: dict[tuple[int, int], float] = {}
    for axis in (0, 1):
        one, two = (
            np.take(labels, range(start, labels.shape[axis] - 1 + start), axis=axis)
            for start in (0, 1)
        )
        deep = np.minimum(
            *(
                np.take(depth, range(start, depth.shape[axis] - 1 + start), axis=axis)
                for start in (0, 1)
            )
        )
        border = (one != two) & (one > 0) & (two > 0)
        pairs = np.sort(np.stack([one[border], two[border]], axis=-1), axis=1)
        for (a, b), value in zip(pairs.tolist(), deep[border].tolist(), strict=True):
            found[a, b] = max(found.get((a, b), 0.0), value)
    return found
