"""From two sections to anchors and poses: every turn tried, the telling ones looked at closely."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from sar_models.domain.alignment import Anchors
from sar_models.engine.fixed_points import poses_from_landmarks
from sar_models.engine.keypoints.consensus import Group, GroupRules, find_groups
from sar_models.engine.keypoints.features import Turn
from sar_models.engine.keypoints.matching import Matches, match, mutual

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.transforms import Affine
    from sar_models.engine.protocols import AnchorExtractor, Turnable
    from sar_models.engine.section import Section

_OTHER_TURN_DEG = 45.0
_MOST_MARGIN = 10.0


@dataclass(frozen=True, eq=False)
class Round:
    """What was matched under one turn.

    Parameters
    ----------
    turn : Turn
    matches : Matches
    groups : tuple of Group
        Largest first.
    """

    turn: Turn
    matches: Matches
    groups: tuple[Group, ...]

    def pose(self, bend_px: float) -> Affine:
        """Return the similarity that fits the largest group, and those close to it, best."""
        largest = self.groups[0].target_from_source
        members = [
            group.members for group in self.groups if self._median_miss(group, largest) <= bend_px
        ]
        own = np.concatenate(members)
        fits = poses_from_landmarks(self.matches.source[own], self.matches.target[own], None)
        return fits[0].target_from_source

    def _median_miss(self, group: Group, pose: Affine) -> float:
        """Return how far a pose leads from where the matches of a group lie, target pixels."""
        matches = self.matches.kept(group.members)
        missed = pose.map(matches.source) - matches.target
        return float(np.median(np.linalg.norm(missed, axis=1)))


@dataclass(frozen=True, eq=False)
class FoundAnchors:
    """Anchors of a pair, round by round; the first round is the one most matches agree with.

    Parameters
    ----------
    rounds : tuple of Round
        At least one; further ones where other pieces lie turned otherwise.
    margin : float
        Agreeing matches over those of the best other turn, 10 at most.
    bend_px : float
        How far a group may lie from where the largest one would have it, as one section bends.
    """

    rounds: tuple[Round, ...]
    margin: float
    bend_px: float

    @property
    def groups(self) -> tuple[Group, ...]:
        """All groups, round by round."""
        return tuple(group for each in self.rounds for group in each.groups)

    @property
    def target_from_source(self) -> Affine | None:
        """Pose of the section, working pixels; ``None`` where no matches agree.

        Least squares over the largest group and those that lie beside it: a section that is bent
        comes in several groups.
        """
        rounds = [each for each in self.rounds if each.groups]
        if not rounds:
            return None
        main = max(rounds, key=lambda each: len(each.groups[0]))
        return main.pose(self.bend_px)

    def anchors(self, source: Section, target: Section) -> Anchors:
        """Return matches as anchors in level-0 pixels; their fragment is the group they are in."""
        if not any(len(each.matches) for each in self.rounds):
            return Anchors.none()
        number, fragments = 0, []
        for each in self.rounds:
            fragment = np.full(len(each.matches), -1, dtype=np.intp)
            for group in each.groups:
                fragment[group.members] = number
                number += 1
            fragments.append(fragment)
        of_match = np.concatenate(fragments)
        places = (
            np.concatenate([getattr(each.matches, side) for each in self.rounds])
            for side in ("source", "target")
        )
        first, second = (
            section.slide_from_working.map(own)
            for section, own in zip((source, target), places, strict=True)
        )
        return Anchors(first, second, of_match >= 0, of_match)


@dataclass(frozen=True)
class AnchorSearch:
    """Match a pair under every turn; match again, closely, under the turns that have something."""

    extractor: AnchorExtractor
    """What makes keypoints of sections."""
    tolerance: float = 0.015
    """Largest distance from a group's pose, share of the target's tissue: tissue bends."""
    bend: float = 0.045
    """How far a group may lie from where the largest one would have it: three tolerances."""
    elsewhere: float = 0.03
    """From what distance on a place is another one, share of the target's tissue."""
    least_first: int = 8
    """Fewest matches of the first group; its margin tells whether that is enough."""
    least_group: int = 25
    """Fewest matches of a further group: unrelated places agree by the dozen."""
    most_groups: int = 6
    """Most groups under one turn."""
    most_rounds: int = 3
    """Most turns that are looked at closely."""
    stands_out: float = 2.0
    """How many times the median turn's matches have to agree under a further turn."""

    def search(self, source: Section, target: Section, scale: float = 1.0) -> FoundAnchors:
        """Return the anchors of a pair.

        Parameters
        ----------
        source, target : Section
            With tissue and their colours.
        scale : float
            Target working pixels per source working pixel.
        """
        tolerance_px = self.tolerance * target.extent_px
        rules = GroupRules(
            tolerance_px, scale, least_first=self.least_first, least=self.least_group
        )
        first, second = self.extractor.extract(source, target, scale)
        ranked = self._rough(first, second, rules)
        rounds = [self._closely(first, second, target, ranked[0].turn, rules, None)]
        for other in self._others(ranked):
            claimed = [e.matches.source[g.members] for e in rounds for g in e.groups]
            taken = np.concatenate(claimed) if claimed else None
            found = self._closely(first, second, target, other, rules, taken)
            if found.groups:
                rounds.append(found)
        return FoundAnchors(tuple(rounds), _margin(ranked), self.bend * target.extent_px)

    def _rough(self, source: Turnable, target: Turnable, rules: GroupRules) -> list[_Tried]:
        """Try all turns and return them, the one most matches agree with first."""
        fixed = target.features(Turn(), rough=True)
        tried = []
        for turn in self.extractor.turns:
            matches = mutual(source.features(turn, rough=True), fixed)
            loose = replace(rules, turn_tolerance_deg=_reach(self.extractor), least_first=4)
            groups = find_groups(matches, turn, loose, 1)
            own = Turn.of(groups[0].target_from_source) if groups else turn
            tried.append(_Tried(own, len(groups[0]) if groups else 0))
        return sorted(tried, key=lambda each: -each.count)

    def _others(self, ranked: list[_Tried]) -> list[Turn]:
        """Return turns other than the first under which some piece may lie."""
        usual = float(np.median([each.count for each in ranked]))
        least = max(self.least_group, self.stands_out * usual)
        turns = [ranked[0].turn]
        for each in ranked[1:]:
            if each.count >= least and all(
                each.turn.apart_deg(turn) > _OTHER_TURN_DEG for turn in turns
            ):
                turns.append(each.turn)
        return turns[1 : self.most_rounds]

    def _closely(
        self,
        source: Turnable,
        target: Turnable,
        section: Section,
        turn: Turn,
        rules: GroupRules,
        taken: NDArray[np.float64] | None,
    ) -> Round:
        """Match under the angle that the rough matches gave, leaving out places that are taken."""
        elsewhere_px = self.elsewhere * section.extent_px
        matches = match(
            source.features(turn),
            target.features(Turn()),
            elsewhere_px,
            self.extractor.least_margin,
        )
        if taken is not None:
            rules = replace(rules, least_first=rules.least)
            distance, _ = cKDTree(taken).query(matches.source)
            matches = matches.kept(np.asarray(distance > elsewhere_px))
        return Round(turn, matches, tuple(find_groups(matches, turn, rules, self.most_groups)))


@dataclass(frozen=True)
class _Tried:
    """A turn, as the matches under it have it, and how many agree."""

    turn: Turn
    count: int


def _reach(extractor: AnchorExtractor) -> float:
    """Return how far a pose may be turned from the turn it was found under."""
    return 180.0 if all(turn.angle_deg == 0 for turn in extractor.turns) else 30.0


def _margin(ranked: list[_Tried]) -> float:
    best = ranked[0]
    others = [o.count for o in ranked[1:] if o.turn.apart_deg(best.turn) > _OTHER_TURN_DEG]
    if not others or others[0] == 0:
        return _MOST_MARGIN if best.count else 0.0
    return min(best.count / others[0], _MOST_MARGIN)
