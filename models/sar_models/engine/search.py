"""Find where the source lies on the target: poses, scales, landmarks, several levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.engine.ambiguity import Ranking, split_candidates
from sar_models.engine.fixed_points import poses_from_landmarks
from sar_models.engine.placing import rank_candidates
from sar_models.engine.poses import DensePoseSearch
from sar_models.engine.scales import likely_scales, wide_scales

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from sar_models.domain.transforms import Affine
    from sar_models.engine.options import AlignOptions
    from sar_models.engine.poses import Pose
    from sar_models.engine.prepare import PreparedPair
    from sar_models.engine.protocols import PoseSearch
    from sar_models.engine.section import Channel

_CANDIDATES = 7
_CLEAR_RATIO = 1.6
_CLEAR_MARGIN = 1.1
_OBVIOUS_RATIO = 2.5
_OBVIOUS_CONTRAST = 0.25
_CHANNELS: tuple[tuple[Channel, float], ...] = (("haematoxylin", 1.0), ("density", 1.5))
"""What to compare sections by, and how much clearer it has to be than what stands before it.

Nuclei tell neighbouring sections apart best, but some stains (trichrome) hide or invert them.
"""
_QUICK = DensePoseSearch(size_px=160, step_deg=12.0)


@dataclass(frozen=True, eq=False)
class Found:
    """Ranked placements, and whether landmarks gave them.

    Parameters
    ----------
    ranking : Ranking or None
        ``None`` when no pose lays enough tissue on tissue.
    from_landmarks : bool
    scale : float
        Target working pixels per source working pixel that was used.
    """

    ranking: Ranking | None
    from_landmarks: bool
    scale: float


def find_placements(
    pair: PreparedPair,
    options: AlignOptions,
    search: PoseSearch,
    device: torch.device,
    progress: Callable[[float], None],
) -> Found:
    """Find and rank placements of a prepared pair.

    Parameters
    ----------
    pair : PreparedPair
        Both sections with tissue.
    options : AlignOptions
    search : PoseSearch
    device : torch.device
    progress : callable
        Called with the fraction done.
    """
    poses = _landmark_poses(pair, options)
    if poses:
        ranking = _rank(pair, poses, device)
        scale = poses[0].target_from_source.scale
        return Found(ranking, True, scale)
    if pair.scale is not None:
        found = search.search(pair.source, pair.target, pair.scale)
        progress(0.7)
        return Found(_rank(pair, found, device), False, pair.scale)
    return _search_scale(pair, search, device, progress)


def _search_scale(
    pair: PreparedPair,
    search: PoseSearch,
    device: torch.device,
    progress: Callable[[float], None],
) -> Found:
    """Try the likely scales in order until one is clear; then, if need be, all of them."""
    tried: list[Found] = []
    scales = likely_scales(pair.source, pair.target)
    for index, scale in enumerate(scales):
        tried.append(_at_scale(pair, scale, search, device))
        progress(0.6 * (index + 1) / len(scales))
        if _is_clear(tried[-1]):
            return tried[-1]
    wide = wide_scales(pair.source, pair.target)
    quick = [(scale, _QUICK.search(pair.source, pair.target, scale, 1)) for scale in wide]
    progress(0.9)
    ranked = sorted((poses[0].score, scale) for scale, poses in quick if poses)
    tried += [_at_scale(pair, scale, search, device) for _, scale in ranked[-2:]]
    return max(tried, key=lambda found: _clearness(found.ranking))


def _at_scale(pair: PreparedPair, scale: float, search: PoseSearch, device: torch.device) -> Found:
    poses = search.search(pair.source, pair.target, scale)
    return Found(_rank(pair, poses, device), False, scale)


def _rank(pair: PreparedPair, poses: list[Pose], device: torch.device) -> Ranking | None:
    if not poses:
        return None
    chosen: Ranking | None = None
    for channel, lead in _CHANNELS:
        candidates = rank_candidates(pair.source, pair.target, poses[:_CANDIDATES], channel, device)
        ranking = split_candidates(candidates, poses, pair.source, pair.target)
        if chosen is None or _clearness(ranking) > lead * _clearness(chosen):
            chosen = ranking
        if _stands_out(chosen):
            break
    return chosen


def _stands_out(ranking: Ranking) -> bool:
    return (
        ranking.together.contrast_ratio > _OBVIOUS_RATIO
        and ranking.best[-1].contrast > _OBVIOUS_CONTRAST
        and ranking.together.found_first
    )


def _is_clear(found: Found) -> bool:
    ranking = found.ranking
    return (
        ranking is not None
        and ranking.together.contrast_ratio > _CLEAR_RATIO
        and ranking.together.pose_margin > _CLEAR_MARGIN
    )


def _clearness(ranking: Ranking | None) -> float:
    if ranking is None:
        return 0.0
    return ranking.best[0].contrast * ranking.together.contrast_ratio


def _landmark_poses(pair: PreparedPair, options: AlignOptions) -> list[Pose]:
    if options.landmarks is None:
        return []
    source, target = options.landmarks
    working = (
        pair.source.slide_from_working.inverse().map(source),
        pair.target.slide_from_working.inverse().map(target),
    )
    poses = poses_from_landmarks(*working, pair.scale)
    # A pose that leaves the target altogether comes from landmarks of another pair.
    return [pose for pose in poses if _touches(pose.target_from_source, pair)]


def _touches(placed: Affine, pair: PreparedPair) -> bool:
    left, top, right, bottom = pair.source.bounds
    corners = placed.map(np.array([[left, top], [right, top], [right, bottom], [left, bottom]]))
    other = pair.target.bounds
    low, high = corners.min(axis=0), corners.max(axis=0)
    return bool(
        low[0] < other[2] and low[1] < other[3] and high[0] > other[0] and high[1] > other[1]
    )
