"""Where a piece may lie, and what it covers there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from sar_models.domain.transforms import Affine
from sar_models.engine.fragments.evidence import OBVIOUS, weigh_place
from sar_models.engine.fragments.hypothesis import (
    CHANNELS,
    SIDES,
    Sections,
    find_hypotheses,
    moved_mask,
    other,
)
from sar_models.engine.fragments.placed import around
from sar_models.engine.poses import Pose
from sar_models.engine.section import Section
from sar_models.engine.working import WorkingImage

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sar_models.engine.fragments.hypothesis import Hypothesis
    from sar_models.engine.section import Channel, See

    Mask = NDArray[np.bool_]

CPU = torch.device("cpu")
TURN = Affine.translation((40.0, 10.0)) @ Affine.from_similarity(np.deg2rad(90), 1.0, (200.0, 0.0))


class Recorder:
    """A pose search that finds what it is told to, and remembers what it was asked."""

    def __init__(self, *poses: Pose) -> None:
        self.poses = list(poses)
        self.scales: list[float] = []
        self.channels: list[Channel | None] = []

    def search(
        self,
        source: Section,
        target: Section,
        scale: float = 1.0,
        count: int = 10,
        channel: Channel | None = None,
    ) -> list[Pose]:
        self.scales.append(scale)
        self.channels.append(channel)
        return self.poses[:count]


@pytest.fixture
def sections(section: Callable[..., Any], disc: Callable[..., Mask]) -> Sections:
    return Sections(section(disc(60, 60, 30)), section(disc(150, 90, 40, 260)), 1.25)


def test_a_mask_is_moved_onto_another_grid(disc: Callable[..., Mask]) -> None:
    moved = moved_mask(disc(60, 60, 30), Affine.translation((90.0, 30.0)), (260, 260))
    assert moved.shape == (260, 260)
    assert (moved ^ disc(150, 90, 30, 260)).sum() < 0.02 * moved.sum()
    assert not moved_mask(disc(60, 60, 30), Affine.translation((900.0, 0.0)), (260, 260)).any()


def test_a_placement_reads_the_same_from_both_slides(
    sections: Sections, supposed: Callable[..., Any]
) -> None:
    points = np.array([[60.0, 60.0], [70.0, 40.0]])
    forward = supposed("source", sections.tissue("source"), TURN)
    backward = supposed("target", sections.tissue("target"), TURN.inverse())
    for hypothesis in (forward, backward):
        np.testing.assert_allclose(hypothesis.target_from_source.map(points), TURN.map(points))
    assert forward.footprint((260, 260)).shape == (260, 260)
    assert backward.footprint((200, 200)).shape == (200, 200)


def test_another_piece_keeps_the_placement(
    sections: Sections, supposed: Callable[..., Any]
) -> None:
    first = supposed("source", sections.tissue("source"), TURN)
    half = sections.tissue("source").copy()
    half[:, 60:] = False
    second = first.of(half)
    assert second.best is first.best
    assert second.footprint((260, 260)).sum() < 0.6 * first.footprint((260, 260)).sum()


def test_nothing_is_found_without_tissue_on_either_side(sections: Sections) -> None:
    nowhere = np.zeros((260, 260), dtype=np.bool_)
    nothing = np.zeros((200, 200), dtype=np.bool_)
    search = Recorder(Pose(TURN, 0.9, 0.9))
    tissue = sections.tissue("source"), sections.tissue("target")
    for piece, free in ((tissue[0], nowhere), (nothing, tissue[1])):
        assert find_hypotheses(sections, "source", piece, free, search, CPU) == []
    assert search.scales == []


def test_nothing_is_found_where_no_pose_is(sections: Sections) -> None:
    search = Recorder()
    tissue = {side: sections.tissue(side) for side in ("source", "target")}
    for side in ("source", "target"):
        found = find_hypotheses(sections, side, tissue[side], tissue[other(side)], search, CPU)
        assert found == []
    # A piece of the target is searched on the source: the scale is the other way round.
    assert list(dict.fromkeys(search.scales)) == [1.25, 0.8]


def test_channels_are_tried_in_turn_or_only_those_that_are_asked_for(sections: Sections) -> None:
    search = Recorder()
    tissue = [sections.tissue(side) for side in SIDES]
    find_hypotheses(sections, "source", *tissue, search, CPU)
    assert tuple(search.channels) == CHANNELS
    find_hypotheses(sections, "source", *tissue, search, CPU, CHANNELS[:1])
    assert tuple(search.channels) == (*CHANNELS, CHANNELS[0])


def test_a_rival_is_the_second_placement_for_itself(
    sections: Sections, supposed: Callable[..., Any]
) -> None:
    second = Affine.translation((7.0, 0.0)) @ TURN
    several = supposed("source", sections.tissue("source"), TURN, second, Affine.identity())
    rival = several.rival()
    assert rival.best is several.ranking.best[1]
    np.testing.assert_array_equal(rival.target_from_source.matrix, second.matrix)
    assert [candidate.target_from_source for candidate in rival.ranking.best] == [
        candidate.target_from_source for candidate in several.ranking.best[1:]
    ]
    np.testing.assert_array_equal(rival.piece, several.piece)
    assert rival.side == several.side
    assert several.best is several.ranking.best[0]


def drawn_sections(see: See, *slides: Any) -> Sections:
    shown = (Section.from_image(WorkingImage(s.image, Affine.identity())) for s in slides)
    return Sections(*(section.with_scene(see) for section in shown), 1.0)


def find_in(sections: Sections, *poses: Affine) -> list[Hypothesis]:
    """Search all of the source at some places, scored alike."""
    search = Recorder(*(Pose(pose, 0.5, 0.5) for pose in poses))
    tissue = (sections.tissue(side) for side in SIDES)
    found = find_hypotheses(sections, "source", *tissue, search, CPU)
    # A stain that hides what one channel shows must not hide the pose from the other.
    assert set(search.channels) == {hypothesis.channel for hypothesis in found}
    return found


def wrong_turns(pose: Affine) -> list[Affine]:
    middle = Affine.translation((210.0, 210.0))
    return [
        pose @ middle @ Affine.from_similarity(np.deg2rad(deg)) @ middle.inverse()
        for deg in (60.0, 150.0, 240.0)
    ]


def test_where_the_place_is_obvious_there_is_one_hypothesis(scene: Any, see: See) -> None:
    pose = scene.truth.pose
    sections = drawn_sections(see, scene.source, scene.target)
    found = find_in(sections, pose, *wrong_turns(pose))
    (only,) = found
    assert only.channel == CHANNELS[0]
    assert weigh_place(only.ranking.alone) >= OBVIOUS
    assert np.median(scene.error_px(only.target_from_source.map(scene.points))) < 8
    assert only.support > 0.3
    np.testing.assert_array_equal(only.piece, sections.tissue("source"))


def test_where_no_place_is_obvious_there_is_one_for_each_channel_the_likeliest_first(
    scene: Any, see: See, make_scene: Callable[..., Any]
) -> None:
    pose = scene.truth.pose
    foreign = drawn_sections(see, scene.source, make_scene(seed=8).target)
    found = find_in(foreign, pose, *wrong_turns(pose))
    assert len(found) > 1
    assert len({hypothesis.channel for hypothesis in found}) == len(found)
    places = [weigh_place(hypothesis.ranking.alone) for hypothesis in found]
    assert places == sorted(places, reverse=True)
    assert places[0] < OBVIOUS
    assert all(0 <= hypothesis.support < 0.3 for hypothesis in found)


def test_the_surroundings_of_the_place_are_shown_not_all_of_the_other_slide(
    section: Callable[..., Any], disc: Callable[..., Mask], supposed: Callable[..., Any]
) -> None:
    here, there, elsewhere = disc(60, 60, 30), disc(60, 140, 34), disc(150, 60, 30)
    sections = Sections(section(here | elsewhere), section(there | elsewhere), 1.0)
    down = Affine.translation((0.0, 80.0))
    source, target = around(sections, supposed("source", here, down))
    np.testing.assert_array_equal(source.mask > 0.5, here)
    shown = target.mask > 0.5
    assert not (shown & ~there).any()
    assert (shown & disc(60, 140, 30)).sum() == disc(60, 140, 30).sum()
    source, target = around(sections, supposed("target", there, down.inverse()))
    np.testing.assert_array_equal(target.mask > 0.5, there)
    np.testing.assert_array_equal(source.mask > 0.5, here)


# Placed pieces


def test_tissue_without_a_counterpart_is_not_taken(
    section: Callable[..., Any],
    disc: Callable[..., Mask],
    supposed: Callable[..., Any],
    put: Callable[..., Any],
) -> None:
    whole = disc(100, 100, 70)
    half = whole.copy()
    half[:, 100:] = False
    placed = put(
        Sections(section(whole), section(half), 1.0), supposed("source", whole, Affine.identity())
    )
    assert (placed.tissue("source") & half).sum() > 0.97 * half.sum()
    assert (placed.tissue("source") & ~half).sum() < 0.03 * half.sum()
    assert (placed.tissue("target") ^ half).sum() < 0.03 * half.sum()


def test_lumens_that_the_other_slide_shows_as_glass_belong_to_the_piece(
    section: Callable[..., Any],
    disc: Callable[..., Mask],
    supposed: Callable[..., Any],
    put: Callable[..., Any],
) -> None:
    filled = disc(100, 100, 70)
    hollow = filled & ~disc(80, 100, 20)
    stay = Affine.identity()
    sections = Sections(section(filled), section(hollow), 1.0)
    placed = put(sections, supposed("source", filled, stay))
    assert (placed.tissue("source") & filled).sum() > 0.97 * filled.sum()
    assert (placed.tissue("target") ^ hollow).sum() < 0.03 * hollow.sum()
    sections = Sections(section(hollow), section(filled), 1.0)
    placed = put(sections, supposed("target", filled, stay))
    assert (placed.tissue("target") & filled).sum() > 0.97 * filled.sum()
    assert (placed.tissue("source") ^ hollow).sum() < 0.03 * hollow.sum()
