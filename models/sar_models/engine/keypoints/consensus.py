"""Groups of matches that one similarity explains: one for a whole section, several for pieces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sar_models.domain.errors import TransformError
from sar_models.domain.transforms import Affine
from sar_models.engine.keypoints.features import Turn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.engine.keypoints.matching import Matches

_ITERATIONS = 5000
_CONFIDENCE = 0.999
_FEWEST = 3
_MIRROR = Affine.from_similarity(0.0, mirror=True)


@dataclass(frozen=True)
class GroupRules:
    """What counts as a group.

    Parameters
    ----------
    tolerance_px : float
        Largest distance from the group's pose, target working pixels.
    scale : float
        Target working pixels per source working pixel, as far as known.
    scale_tolerance : float
        Largest factor to either side of it.
    turn_tolerance_deg : float
        Largest angle between a group's pose and the turn under which it was matched.
    least_first, least : int
        Fewest matches of the first group, and of the others.
    """

    tolerance_px: float
    scale: float = 1.0
    scale_tolerance: float = 1.25
    turn_tolerance_deg: float = 30.0
    least_first: int = 8
    least: int = 25


@dataclass(frozen=True, eq=False)
class Group:
    """Matches that lie as one similarity says.

    Parameters
    ----------
    target_from_source : Affine
        Working pixels to working pixels.
    members : (K,) intp
        Indices of the matches.
    """

    target_from_source: Affine
    members: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.members)


def find_groups(matches: Matches, turn: Turn, rules: GroupRules, most: int) -> list[Group]:
    """Return up to ``most`` groups, largest first: RANSAC, again on what it leaves over.

    Parameters
    ----------
    matches : Matches
    turn : Turn
        Under which the source was matched.
    rules : GroupRules
    most : int
    """
    left = np.arange(len(matches))
    groups: list[Group] = []
    while len(groups) < most:
        least = max(rules.least if groups else rules.least_first, _FEWEST)
        fitted = (
            _fit(matches, left, turn.mirror, rules.tolerance_px) if len(left) >= least else None
        )
        if fitted is None or len(fitted) < least:
            break
        if _is_plausible(fitted.target_from_source, turn, rules):
            groups.append(fitted)
        left = np.setdiff1d(left, fitted.members)
    return sorted(groups, key=lambda group: -len(group))


def _fit(
    matches: Matches, among: NDArray[np.intp], mirror: bool, tolerance_px: float
) -> Group | None:
    flip = _MIRROR if mirror else Affine.identity()
    # OpenCV's RANSAC draws from a generator of its own; its similarities never mirror.
    cv2.setRNGSeed(0)
    # The stubs promise a matrix; without a consensus there is none.
    found: Any = cv2.estimateAffinePartial2D(
        flip.map(matches.source[among]),
        matches.target[among],
        method=cv2.RANSAC,
        ransacReprojThreshold=tolerance_px,
        maxIters=_ITERATIONS,
        confidence=_CONFIDENCE,
    )
    matrix, inlier = found
    if matrix is None:
        return None
    try:
        pose = Affine(matrix) @ flip
    except TransformError:
        return None
    return Group(pose, among[np.asarray(inlier).ravel().astype(np.bool_)])


def _is_plausible(pose: Affine, turn: Turn, rules: GroupRules) -> bool:
    factor = pose.scale / rules.scale
    return (
        max(factor, 1.0 / factor) <= rules.scale_tolerance
        and turn.apart_deg(Turn.of(pose)) <= rules.turn_tolerance_deg
    )
