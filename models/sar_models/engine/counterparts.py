"""Which parts of the tissue have a counterpart on the other slide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.engine.registered import pull
from sar_models.engine.warping import warp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.engine.registered import Registered
    from sar_models.engine.section import Section

_MIN_SHARE = 0.3


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
    pair = registered.pair
    known = pull(pair.target_known, registered.field)
    size = (pair.source.shape[1], pair.source.shape[0])
    source_paired = np.zeros(source.mask.shape, dtype=np.bool_)
    for part in _parts(source.mask):
        on_pair = warp(part.astype(np.float32), pair.canonical_from_source, size)
        covered = float((on_pair * registered.target_mask).sum())
        visible = float((on_pair * known).sum())
        if covered >= _MIN_SHARE * visible and covered > 0:
            source_paired |= part
    target_paired = np.zeros(target.mask.shape, dtype=np.bool_)
    source_area = float(pair.source_mask.sum())
    canonical_from_target = pair.target_from_canonical.inverse()
    for part in _parts(target.mask):
        on_pair = pull(warp(part.astype(np.float32), canonical_from_target, size), registered.field)
        covered = float((on_pair * pair.source_mask).sum())
        if covered >= _MIN_SHARE * min(float(part.sum()), source_area):
            target_paired |= part
    source_tissue, target_tissue = source.mask > 0.5, target.mask > 0.5
    return Counterparts(
        source_paired,
        target_paired,
        source_tissue & ~source_paired,
        target_tissue & ~target_paired,
    )


def _parts(mask: NDArray[np.float32]) -> list[NDArray[np.bool_]]:
    count, labels = cv2.connectedComponents((mask > 0.5).astype(np.uint8), connectivity=8)
    return [labels == label for label in range(1, count)]
