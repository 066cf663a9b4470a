"""Several equally good placements: repeated levels of one block on a slide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.domain.alignment import Placement
from sar_models.engine.outlines import outline_of, polygonal
from sar_models.engine.poses import is_turned
from sar_models.engine.warping import warp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sar_models.domain.transforms import Affine
    from sar_models.engine.placing import Candidate
    from sar_models.engine.poses import Pose
    from sar_models.engine.section import Section

_EQUALLY_GOOD = 0.7
_SAME_PLACE = 0.06
_SAME_TISSUE = 0.6
_MOST_LEVELS = 4


@dataclass(frozen=True)
class Lead:
    """How far placements lead over all others.

    Parameters
    ----------
    contrast_ratio : float
        Contrast of the worst of them over the best accidental one; 1 when nothing stands out.
    pose_margin : float
        Score of their worst pose over the best one of another turn or side.
    found_first : bool
        Whether the pose search itself had put one of them first.
    """

    contrast_ratio: float
    pose_margin: float
    found_first: bool


@dataclass(frozen=True, eq=False)
class Ranking:
    """Candidates, split into the best ones and those that only fit by accident.

    Parameters
    ----------
    best : tuple of Candidate
        The best one, and every other place where the source fits nearly as well.
    alone : Lead
        Of the first one over everything else.
    together : Lead
        Of all of ``best`` over everything else; the same as ``alone`` when there is but one.
    """

    best: tuple[Candidate, ...]
    alone: Lead
    together: Lead


def split_candidates(
    candidates: Sequence[Candidate], poses: Sequence[Pose], source: Section, target: Section
) -> Ranking:
    """Split ranked candidates ``(at least one)`` where their contrast falls most.

    Notes
    -----
    Accidental placements of the same tissue have contrasts close to one another, so that the
    second best tells what accident can do on this very texture. Two levels stand out together, and
    are places of the same tissue: where each shows another part of it, pieces merely touch.
    """
    different = _different(candidates, source, target)
    top = max(different[0].contrast, 1e-6)
    # The first is the best even where nothing fits, and no contrast is positive.
    tied = [c for c in different if c.contrast >= _EQUALLY_GOOD * top] or different[:1]
    rest = different[len(tied) :]
    if len(tied) > 1 and (not rest or _ratio(tied[-1], rest[0]) < _ratio(tied[0], tied[1])):
        tied, rest = different[:1], different[1:]
    if len(tied) > _MOST_LEVELS or len(rest) < 1 or not _of_same_tissue(tied, source, target):
        tied = different[:1]
    return Ranking(tuple(tied), _lead(different, 1, poses), _lead(different, len(tied), poses))


def _of_same_tissue(tied: Sequence[Candidate], source: Section, target: Section) -> bool:
    """Tell whether placements lay the same source tissue on target tissue."""
    first, *others = (_laid(candidate, source, target) for candidate in tied)
    return all(
        (first & other).sum() >= _SAME_TISSUE * max(min(first.sum(), other.sum()), 1)
        for other in others
    )


def _laid(candidate: Candidate, source: Section, target: Section) -> NDArray[np.bool_]:
    """Return the source tissue that a placement lays on target tissue, ``(H, W)``."""
    height, width = source.mask.shape
    there = warp(target.mask, candidate.target_from_source.inverse(), (width, height))
    return np.asarray((there > 0.5) & (source.mask > 0.5))


def placements_of(
    placed: Sequence[tuple[Affine, float]], source: Section, target: Section
) -> tuple[Placement, ...]:
    """Return placements in working pixels, with their scores, as placements between the slides."""
    outline = outline_of(source.mask > 0.5, source.slide_from_working)
    found = []
    for target_from_source, score in placed:
        between = (
            target.slide_from_working @ target_from_source @ source.slide_from_working.inverse()
        )
        where = polygonal(shapely.transform(outline, between.map).buffer(0))
        found.append(Placement(between, float(score), where))
    return tuple(found)


def _lead(different: Sequence[Candidate], count: int, poses: Sequence[Pose]) -> Lead:
    """Return the lead of the first ``count`` candidates."""
    own, rest = different[:count], different[count:]
    other = [
        pose.score
        for pose in poses
        if all(is_turned(pose.target_from_source, c.target_from_source) for c in own)
    ]
    worst = min(candidate.pose.score for candidate in own)
    margin = worst / max(other) if other and max(other) > 0 else 1.0
    return Lead(
        _ratio(own[-1], rest[0]) if rest else 1.0,
        min(margin, 10.0),
        any(candidate.pose is poses[0] for candidate in own),
    )


def _ratio(better: Candidate, worse: Candidate) -> float:
    floor = 0.02  # contrasts around zero have no ratio
    return max(better.contrast, floor) / max(worse.contrast, floor)


def _different(
    candidates: Sequence[Candidate], source: Section, target: Section
) -> list[Candidate]:
    """Return the candidates that refinement has not brought to the place of a better one."""
    near = _SAME_PLACE * target.extent_px
    kept: list[Candidate] = []
    for candidate in candidates:
        if all(
            _distance(candidate.target_from_source, other.target_from_source, source) > near
            for other in kept
        ):
            kept.append(candidate)
    return kept


def _distance(first: Affine, second: Affine, source: Section) -> float:
    left, top, right, bottom = source.bounds
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=float)
    gaps = np.linalg.norm(first.map(corners) - second.map(corners), axis=1)
    return float(gaps.mean())
