"""Where landmarks put a fragment, and how that place compares with all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.errors import LandmarkError
from sar_models.domain.transforms import Affine
from sar_models.engine.affine import Level
from sar_models.engine.ambiguity import Lead
from sar_models.engine.fixed_points import poses_from_landmarks
from sar_models.engine.placing import rank_candidates
from sar_models.engine.poses import Pose, is_turned

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from sar_models.domain.geometry import Points
    from sar_models.engine.placing import Candidate
    from sar_models.engine.protocols import PoseSearch
    from sar_models.engine.section import Section

_CONTRADICTION = 0.15
"""Distance, in long sides of the piece, from their common pose at which landmarks contradict each
other: tissue is not bent by as much."""
_FIXING_SPREAD = 0.2
"""Spread of the landmarks, in long sides of the piece, from which on they fix turn and scale."""
_SAME_PLACE = 0.06
_POSES, _CANDIDATES = 24, 8
_QUICK = (Level(64, 20),)
_LEAST_CONTRAST = 0.02
_MOST_MARGIN = 10.0


def poses_of(
    source: Points, target: Points, present: Affine | None, scale: float | None
) -> list[Affine]:
    """Return the placements that landmarks allow; two where they leave the side open.

    Parameters
    ----------
    source, target : (N, 2) array
        Landmarks, working pixels of each side.
    present : Affine or None
        How the fragment lies now, working pixels: its turn where there is but one landmark, and
        its side where they leave that open.
    scale : float or None
        Target working pixels per source working pixel where known.

    Raises
    ------
    LandmarkError
        If one landmark is to place tissue that has no turn yet.
    """
    if len(np.unique(np.round(source, 1), axis=0)) < 2:
        if present is None:
            raise LandmarkError(
                "One landmark does not tell how tissue without a counterpart is turned",
                remedy="Give two or more, far apart; three tell which side is up.",
            )
        shift = (target - present.map(source)).mean(axis=0)
        return [Affine.translation(shift) @ present]
    if scale is None and present is not None:
        scale = present.scale
    poses = [pose.target_from_source for pose in poses_from_landmarks(source, target, scale)]
    if len(poses) > 1 and present is not None:
        poses = [pose for pose in poses if pose.mirrored == present.mirrored]
    return poses


def check_agreement(pose: Affine, source: Points, target: Points, extent_px: float) -> None:
    """Refuse landmarks that no pose brings together.

    Parameters
    ----------
    pose : Affine
    source, target : (N, 2) array
        Working pixels of each side.
    extent_px : float
        Long side of the piece, source working pixels.

    Raises
    ------
    LandmarkError
        Naming the one that lies farthest off.
    """
    off = np.linalg.norm(pose.map(source) - target, axis=1) / (extent_px * pose.scale)
    worst = int(off.argmax())
    if off[worst] > _CONTRADICTION:
        raise LandmarkError(
            f"The landmarks contradict each other: number {worst + 1} lies {off[worst]:.0%} of the "
            "fragment's length away from where the others put it",
            remedy="Check whether two of them were exchanged.",
        )


def are_fixing(source: Points, extent_px: float) -> bool:
    """Tell whether landmarks fix turn and scale: three or more, spread over the piece."""
    if len(source) < 3:
        return False
    centred = source - source.mean(axis=0)
    spread = np.linalg.svd(centred, compute_uv=False) / np.sqrt(len(source))
    return bool(
        spread[-1] > 0.3 * _FIXING_SPREAD * extent_px and spread[0] > _FIXING_SPREAD / 2 * extent_px
    )


def lead_of(
    pose: Affine,
    source: Section,
    target: Section,
    scale: float,
    searches: Sequence[PoseSearch],
    device: torch.device,
) -> tuple[Lead, Candidate]:
    """Return how far a placement leads over all that a search finds elsewhere.

    Parameters
    ----------
    pose : Affine
        Working pixels to working pixels.
    source, target : Section
        The piece, and the tissue that may hold it.
    scale : float
    searches : sequence of PoseSearch
        Tried one after the other until one finds another place.
    device : torch.device
    """
    (own,) = rank_candidates(source, target, [Pose(pose, 1.0, 1.0)], "scene", device, _QUICK)
    near_px = _SAME_PLACE * target.extent_px
    poses: list[Pose] = []
    here: list[Pose] = []
    elsewhere: list[Pose] = []
    for search in searches:
        poses = search.search(source, target, scale, _POSES, "scene")
        same = [_is_same(found.target_from_source, pose, source, near_px) for found in poses]
        here = [found for found, is_here in zip(poses, same, strict=True) if is_here]
        elsewhere = [found for found, is_here in zip(poses, same, strict=True) if not is_here]
        if elsewhere:
            break
    rivals = rank_candidates(source, target, elsewhere[:_CANDIDATES], "scene", device, _QUICK)
    rivals = [
        rival
        for rival in rivals
        if not _is_same(rival.target_from_source, own.target_from_source, source, near_px)
    ]
    ratio = _contrast(own) / _contrast(rivals[0]) if rivals else 1.0
    first = bool(poses) and any(found is poses[0] for found in here)
    return Lead(ratio, _margin(pose, here, elsewhere), first), own


def _contrast(candidate: Candidate) -> float:
    return max(candidate.contrast, _LEAST_CONTRAST)


def _margin(pose: Affine, here: Sequence[Pose], elsewhere: Sequence[Pose]) -> float:
    """Return the score of a place over the best of another turn or side."""
    turned = [found.score for found in elsewhere if is_turned(found.target_from_source, pose)]
    if not turned or max(turned) <= 0:
        return 1.0
    own = max((found.score for found in here), default=0.0)
    return min(own / max(turned), _MOST_MARGIN)


def _is_same(first: Affine, second: Affine, source: Section, near_px: float) -> bool:
    left, top, right, bottom = source.bounds
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=float)
    gaps = np.linalg.norm(first.map(corners) - second.map(corners), axis=1)
    return bool(gaps.mean() <= near_px)
