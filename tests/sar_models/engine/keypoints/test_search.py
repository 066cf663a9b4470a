"""The search: which turn, which groups, and what comes out of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sar_models.domain.transforms import Affine
from sar_models.engine.keypoints.features import ALL_TURNS, Features, Turn, of_unit_length
from sar_models.engine.keypoints.search import AnchorSearch

if TYPE_CHECKING:
    from conftest import Known

    from sar_models.domain.geometry import Points
    from sar_models.engine.section import Section


class Laid:
    """Keypoints whose descriptors are known under every turn."""

    def __init__(self, places: Points, words: np.ndarray, turns: np.ndarray | None) -> None:
        self.places, self.words, self.turns = places, words, turns

    def features(self, turn: Turn, *, rough: bool = False) -> Features:
        """Return words that fit where a keypoint's own turn is near, else noise."""
        del rough
        if self.turns is None:
            return Features(self.places, of_unit_length(self.words))
        near = np.array([turn.apart_deg(Turn(float(own))) <= 15.0 for own in self.turns])
        noise = np.random.default_rng(int(turn.angle_deg) % 360).normal(size=self.words.shape)
        return Features(
            self.places,
            of_unit_length(np.where(near[:, None], self.words, noise).astype(np.float32)),
        )


@dataclass(frozen=True)
class Posed:
    """An extractor for keypoints that lie by given poses."""

    poses: tuple[tuple[Affine, float], ...]
    turns: tuple[Turn, ...] = ALL_TURNS
    least_margin: float = 0.0
    count: int = 60

    def extract(self, source: Section, target: Section, scale: float) -> tuple[Laid, Laid]:
        """Return random places of the source and where they lie on the target."""
        rng = np.random.default_rng(0)
        total = self.count * len(self.poses)
        width = 320 / len(self.poses)
        places = rng.uniform((40, 40), (20 + width, 360), (total, 2))
        # Pieces lie beside each other.
        places[:, 0] += np.repeat(np.arange(len(self.poses)) * width, self.count)
        words = rng.normal(size=(total, 32)).astype(np.float32)
        laid = np.concatenate(
            [
                pose.map(places[i * self.count : (i + 1) * self.count])
                for i, (pose, _) in enumerate(self.poses)
            ]
        )
        own = np.repeat([angle for _, angle in self.poses], self.count)
        return Laid(places, words, own), Laid(laid, words, None)


def pose(angle: float, shift: tuple[float, float]) -> tuple[Affine, float]:
    return Affine.from_similarity(np.deg2rad(angle), 1.0, shift), angle


def test_one_piece_one_group(known: Known) -> None:
    expected = pose(95.0, (300.0, 20.0))
    search = AnchorSearch(Posed((expected,)))
    found = search.search(known.prepared.source, known.prepared.target)
    assert [len(group) for group in found.groups] == [60]
    assert found.rounds[0].turn.angle_deg == pytest.approx(95.0, abs=1.0)
    where = np.array([[100.0, 50.0]])
    assert found.target_from_source is not None
    assert found.target_from_source.map(where)[0] == pytest.approx(expected[0].map(where)[0])


def test_pieces_turned_apart_are_found_in_rounds(known: Known) -> None:
    search = AnchorSearch(Posed((pose(0.0, (0.0, 0.0)), pose(180.0, (400.0, 400.0)))))
    found = search.search(known.prepared.source, known.prepared.target)
    assert len(found.rounds) == 2
    assert [len(group) for group in found.groups] == [60, 60]
    anchors = found.anchors(known.prepared.source, known.prepared.target)
    assert sorted(set(anchors.fragment[anchors.inlier])) == [0, 1]


def test_a_bent_section_has_one_pose_out_of_its_groups(known: Known) -> None:
    bend_px = 0.02 * known.prepared.target.extent_px
    parts = (pose(0.0, (0.0, 0.0)), pose(0.0, (2.0 * bend_px, 0.0)))
    found = AnchorSearch(Posed(parts)).search(known.prepared.source, known.prepared.target)
    assert len(found.groups) == 2
    assert found.target_from_source is not None
    middle = np.array([[200.0, 200.0]])
    moved = found.target_from_source.map(middle)[0] - middle[0]
    assert moved == pytest.approx([bend_px, 0.0], abs=0.3 * bend_px)


def test_what_does_not_agree_has_no_pose(known: Known) -> None:
    found = AnchorSearch(Posed((pose(10.0, (0.0, 0.0)),), count=5)).search(
        known.prepared.source, known.prepared.target
    )
    assert found.groups == ()
    assert found.target_from_source is None
    assert found.margin <= 10.0
    assert not found.anchors(known.prepared.source, known.prepared.target).inlier.any()
