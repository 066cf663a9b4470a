"""Candidate placements: poses made affine, and ranked by what a shift makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.engine.affine import COARSE, refine_affine
from sar_models.engine.canonical import canonical_pair
from sar_models.engine.contrast import ShiftContrast, shift_contrast

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from sar_models.domain.transforms import Affine
    from sar_models.engine.affine import Level
    from sar_models.engine.poses import Pose
    from sar_models.engine.section import Channel, Section

_COARSE_PX = 112


@dataclass(frozen=True, eq=False)
class Candidate:
    """A pose after affine refinement.

    Parameters
    ----------
    target_from_source : Affine
        Working pixels to working pixels.
    pose : Pose
        What it started from.
    fit : ShiftContrast
        How it stands out against shifted copies, on coarse images.
    channel : Channel
        What it was refined and judged by.
    """

    target_from_source: Affine
    pose: Pose
    fit: ShiftContrast
    channel: Channel

    @property
    def contrast(self) -> float:
        """What candidates are ranked by."""
        return self.fit.contrast


def rank_candidates(
    source: Section,
    target: Section,
    poses: Sequence[Pose],
    channel: Channel,
    device: torch.device,
    levels: Sequence[Level] = COARSE,
) -> list[Candidate]:
    """Return the poses after a quick affine refinement, the highest contrast first."""
    candidates = [_candidate(source, target, pose, channel, device, levels) for pose in poses]
    return sorted(candidates, key=lambda candidate: -candidate.contrast)


def refined(
    source: Section,
    target: Section,
    target_from_source: Affine,
    levels: Sequence[Level],
    channel: Channel,
    device: torch.device,
) -> Affine:
    """Return a placement after affine refinement, working pixels to working pixels."""
    pair = canonical_pair(source, target, target_from_source, channel)
    change = refine_affine(pair, levels, device)
    return pair.target_from_canonical @ change @ pair.canonical_from_source


def _candidate(
    source: Section,
    target: Section,
    pose: Pose,
    channel: Channel,
    device: torch.device,
    levels: Sequence[Level],
) -> Candidate:
    placed = refined(source, target, pose.target_from_source, levels, channel, device)
    pair = canonical_pair(source, target, placed, channel)
    both = pair.source_mask * pair.target_mask
    fit = shift_contrast(pair.source, pair.target, both, device, _COARSE_PX)
    return Candidate(placed, pose, fit, channel)
