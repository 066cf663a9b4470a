"""Which parts of the tissue have a counterpart on the other slide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.engine.masks import grown, opened, solid
from sar_models.engine.registered import pull
from sar_models.engine.warping import warp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.engine.registered import Registered
    from sar_models.engine.section import Section

_MIN_SHARE = 0.3
_EDGE = 0.02
"""Half the width, in long sides, up to which bare tissue is the edge of what is paired."""
_MIN_LOST_SHARE = 0.02


@dataclass(frozen=True, eq=False)
class Counterparts:
    """Tissue of both sections, split into paired and unpaired.

    Parameters
    ----------
    source, target : (H, W) bool
        Paired tissue of each section.
    unpaired_source, unpaired_target : (H, W) bool
        The rest of it.
    """

    source: NDArray[np.bool_]
    target: NDArray[np.bool_]
    unpaired_source: NDArray[np.bool_]
    unpaired_target: NDArray[np.bool_]

    @property
    def source_share(self) -> float:
        """Paired source tissue of all source tissue."""
        total = int(self.source.sum()) + int(self.unpaired_source.sum())
        return float(self.source.sum()) / max(total, 1)


def find_counterparts(registered: Registered, source: Section, target: Section) -> Counterparts:
    """Pair each connected part of the tissue that lies mostly on the other side's tissue.

    Control tissue beside the section, or a part that the other slide has lost, stays unpaired. So
    does nothing that the other slide merely does not show: tissue cut off by the picture's edge.
    """
    source_tissue, target_tissue = source.mask > 0.5, target.mask > 0.5
    source_paired = _paired_source(registered, source) & ~_lost_source(registered, source_tissue)
    target_paired = _paired_target(registered, target) & ~_lost_target(registered, target_tissue)
    return Counterparts(
        source_paired,
        target_paired,
        source_tissue & ~source_paired,
        target_tissue & ~target_paired,
    )


def _paired_source(registered: Registered, source: Section) -> NDArray[np.bool_]:
    """Return the parts of the source that lie on target tissue as far as the target is seen."""
    pair = registered.pair
    known = pull(pair.target_known, registered.field)
    size = (pair.shape[1], pair.shape[0])
    paired = np.zeros(source.mask.shape, dtype=np.bool_)
    for part in _parts(source.mask):
        on_pair = warp(part.astype(np.float32), pair.canonical_from_source, size)
        covered = float((on_pair * registered.target_mask).sum())
        visible = float((on_pair * known).sum())
        if covered >= _MIN_SHARE * visible and covered > 0:
            paired |= part
    return paired


def _paired_target(registered: Registered, target: Section) -> NDArray[np.bool_]:
    """Return the parts of the target that source tissue lies on."""
    pair = registered.pair
    size = (pair.shape[1], pair.shape[0])
    paired = np.zeros(target.mask.shape, dtype=np.bool_)
    source_area = float(pair.source_mask.sum())
    canonical_from_target = pair.target_from_canonical.inverse()
    for part in _parts(target.mask):
        on_pair = pull(warp(part.astype(np.float32), canonical_from_target, size), registered.field)
        covered = float((on_pair * pair.source_mask).sum())
        if covered >= _MIN_SHARE * min(float(part.sum()), source_area):
            paired |= part
    return paired


def _lost_source(registered: Registered, tissue: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what of the source lies on bare glass of the target, its ragged edge aside."""
    pair = registered.pair
    seen = pull(pair.target_known, registered.field) > 0.5
    covered = pull(solid(pair.target_mask > 0.5).astype(np.float32), registered.field) > 0.5
    rows, columns = tissue.shape
    bare = warp(
        (seen & ~covered).astype(np.float32), pair.canonical_from_source.inverse(), (columns, rows)
    )
    return _wide(tissue & (bare > 0.5), tissue)


def _lost_target(registered: Registered, tissue: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what of the target no source tissue lies on, its ragged edge aside.

    The frame holds all of the source: what is outside has nothing that could lie on it.
    """
    pair = registered.pair
    height, width = pair.shape
    within = solid(pair.source_mask > 0.5)
    moved = registered.field.dense(height, width).astype(np.float32)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    # The field is smooth and small here: its opposite at the place itself is near its inverse.
    reached = cv2.remap(
        within.astype(np.float32), x - moved[..., 0], y - moved[..., 1], cv2.INTER_LINEAR
    )
    rows, columns = tissue.shape
    on_target = warp(
        np.asarray(reached, dtype=np.float32), pair.target_from_canonical, (columns, rows)
    )
    return _wide(tissue & (on_target < 0.5), tissue)


def _wide(rest: NDArray[np.bool_], tissue: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return remains of some width and area, grown back to all of what they are part of."""
    width_px = _EDGE * max(tissue.shape)
    wide = opened(rest, width_px)
    kept = np.zeros_like(rest)
    for part in _parts(wide.astype(np.float32)):
        if part.sum() >= _MIN_LOST_SHARE * tissue.sum():
            kept |= part
    return np.asarray(grown(kept, 1.5 * width_px) & rest) if kept.any() else kept


def _parts(mask: NDArray[np.float32]) -> list[NDArray[np.bool_]]:
    count, labels = cv2.connectedComponents((mask > 0.5).astype(np.uint8), connectivity=8)
    return [labels == label for label in range(1, count)]
