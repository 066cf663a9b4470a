"""Pieces placed one by one, by a search that knows the poses: what is made of what it finds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from skimage.measure import label, regionprops

from sar_models.domain.alignment import Alignment, Outcome, Status
from sar_models.domain.transforms import Affine
from sar_models.engine import AlignOptions
from sar_models.engine.fragments.hypothesis import moved_mask
from sar_models.engine.fragments.torn import align_torn
from sar_models.engine.poses import Pose
from sar_models.engine.prepare import prepare_pair
from sar_models.engine.refinement import Field
from sar_models.engine.run import Run
from sar_models.engine.warping import warp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.engine.section import Channel, Section

HEIGHT, WIDTH = 260, 460
LEFT = Affine.translation((10.0, 25.0)) @ Affine.scaling(0.5, 0.5)
RIGHT = Affine.translation((260.0, 40.0)) @ Affine.scaling(0.4, 0.4)
MIDDLE = {"left": (115.0, 130.0), "right": (344.0, 124.0)}


def turned(about: tuple[float, float], to: tuple[float, float], deg: float, **how: Any) -> Affine:
    """Return a turn that brings one place to another."""
    turn = Affine.from_similarity(np.deg2rad(deg), **how)
    return Affine.translation(np.array(to) - turn.map(np.array([about]))[0]) @ turn


ACROSS = turned(MIDDLE["left"], (340.0, 130.0), 100.0)
MIRRORED = turned(MIDDLE["right"], (110.0, 120.0), -30.0, mirror=True)


@dataclass(frozen=True)
class Oracle:
    """A pose search that knows the truth, ``target_from_source`` in level-0 pixels.

    Its score grows with the tissue that comes to lie on tissue; wrong turns on every piece get a
    little less: they fit by accident. Without a truth it finds nothing.
    """

    poses: tuple[Affine, ...]

    def search(
        self,
        source: Section,
        target: Section,
        scale: float = 1.0,
        count: int = 10,
        channel: Channel | None = None,
    ) -> list[Pose]:
        found: list[Pose] = []
        if not self.poses:
            return found
        for pose in self.poses:
            for way in (pose, pose.inverse()):
                placed = target.slide_from_working.inverse() @ way @ source.slide_from_working
                covered = self._covered(source, target, placed)
                if covered > 0.4 and abs(np.log(placed.scale / scale)) < 0.1:
                    score = 0.5 + 0.1 * covered
                    found.append(Pose(placed, score, score))
        for middle in _middles(target):
            for deg in (40.0, 130.0, 220.0, 310.0):
                placed = turned(_middles(source)[0], middle, deg, scale=scale)
                found.append(Pose(placed, 0.5, 0.5))
        return sorted(found, key=lambda pose: -pose.score)[:count]

    @staticmethod
    def _covered(source: Section, target: Section, placed: Affine) -> float:
        tissue = source.mask > 0.5
        there = moved_mask(tissue, placed, target.mask.shape)
        return float((there & (target.mask > 0.5)).sum() / (tissue.sum() * placed.scale**2))


@dataclass(frozen=True)
class Still:
    """A refiner that moves nothing."""

    def refine(self, pair: Any, device: torch.device, share: float = 1.0) -> Field:
        return Field(np.zeros((4, 4, 2)), pair.shape)


def _middles(section: Section) -> list[tuple[float, float]]:
    """Return the middles of the pieces of a section, the largest first."""
    parts = regionprops(label(section.mask > 0.5))
    centroids = [part.centroid for part in sorted(parts, key=lambda part: -part.area)]
    return [(column, row) for row, column in centroids]


Laid = tuple[int, Affine]
"""Seed of a drawn piece, and where it lies."""


@pytest.fixture(scope="module")
def slide(memory_slide: Any, drawn: Callable[..., Any]) -> Callable[..., Any]:
    """Lay drawn pieces on one slide."""

    def lay(
        pieces: Sequence[Laid],
        stain: str,
        size: tuple[int, int] = (WIDTH, HEIGHT),
        mpp: float | None = 4.0,
    ) -> Any:
        dyes = np.zeros((2, size[1], size[0]), dtype=np.float32)
        for seed, place in pieces:
            dyes = np.maximum(dyes, [warp(dye, place, size) for dye in drawn(seed).dyes])
        section = replace(drawn(pieces[0][0]), dyes=dyes)
        return memory_slide(section.photograph(stain), mpp, stain)

    return lay


def placed(source: Any, target: Any, *truths: Affine) -> Alignment:
    """Align two slides in pieces, knowing the truth."""
    search = Oracle(truths)
    run = Run(
        source,
        target,
        AlignOptions(device="cpu"),
        lambda stage, done: None,
        piece_search=search,
        hard_piece_search=search,
        refiner=Still(),
    )
    return align_torn(run, prepare_pair(source, target, run.mpps, run.options, run.see))


def around(middle: tuple[float, float], radius: float) -> Points:
    angle = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    return np.concatenate([0.5 * radius * ring, radius * ring]) + middle


def error_px(result: Alignment, points: Points, truth: Affine) -> NDArray[np.float64]:
    return np.linalg.norm(result.map(points).points - truth.map(points), axis=1)


def test_each_piece_follows_its_own_pose(slide: Callable[..., Any]) -> None:
    source = slide([(2, LEFT), (5, RIGHT)], "he")
    target = slide([(2, ACROSS @ LEFT), (5, MIRRORED @ RIGHT)], "dab")
    result = placed(source, target, ACROSS, MIRRORED)
    assert result.outcome is Outcome.ALIGNED
    assert [fragment.id for fragment in result.fragments] == ["piece-1", "piece-2"]
    assert error_px(result, around(MIDDLE["left"], 50), ACROSS).max() < 4
    assert error_px(result, around(MIDDLE["right"], 40), MIRRORED).max() < 4
    # Named by size.
    assert result.fragments[0].source.area > result.fragments[1].source.area


def test_pieces_that_touch_on_one_slide_are_parted(slide: Callable[..., Any]) -> None:
    beside = Affine.translation((150.0, 40.0)) @ Affine.scaling(0.4, 0.4)
    apart = Affine.translation((110.0, 0.0))
    source = slide([(2, LEFT), (5, beside)], "he")
    target = slide([(2, LEFT), (5, apart @ beside)], "dab")
    result = placed(source, target, Affine.identity(), apart)
    assert result.outcome is Outcome.ALIGNED
    assert len(result.fragments) == 2
    assert error_px(result, around((105.0, 130.0), 45), Affine.identity()).max() < 4
    assert error_px(result, around((240.0, 124.0), 35), apart).max() < 4


@pytest.mark.parametrize(
    ("to_left", "outcome"),
    [((-74.0, 60.0), Outcome.ALIGNED), ((-74.0, 0.0), Outcome.PARTIAL)],
    ids=["at a corner", "along an edge"],
)
def test_pieces_that_touch_on_both_slides_at_other_places_are_parted(
    slide: Callable[..., Any], to_left: tuple[float, float], outcome: Outcome
) -> None:
    beside = Affine.translation((178.0, 40.0)) @ Affine.scaling(0.4, 0.4)
    swapped = Affine.translation((220.0, 0.0)), Affine.translation(to_left)
    source = slide([(2, LEFT), (5, beside)], "he")
    target = slide([(2, swapped[0] @ LEFT), (5, swapped[1] @ beside)], "dab")
    result = placed(source, target, *swapped)
    assert len(result.fragments) == 2
    assert error_px(result, around((105.0, 130.0), 45), swapped[0]).max() < 4
    assert error_px(result, around((268.0, 124.0), 35), swapped[1]).max() < 4
    # What goes on beside a piece on both slides may never have been torn: a person has to look.
    assert result.outcome is outcome
    codes = {reason.code for reason in result.risk.reasons}
    assert ("seams" in codes) is (outcome is Outcome.PARTIAL)
    assert 0 < result.quality.metrics["seam_share"] < 0.3


@pytest.mark.parametrize(
    ("foreign", "radius"), [(4, 35.0), (9, 35.0)], ids=["one foreign piece", "another one"]
)
def test_foreign_tissue_in_the_place_of_a_piece_is_trimmed_off(
    slide: Callable[..., Any], foreign: int, radius: float
) -> None:
    beside = Affine.translation((178.0, 40.0)) @ Affine.scaling(0.4, 0.4)
    below = Affine.translation((0.0, 170.0))
    size = WIDTH, 420
    source = slide([(2, LEFT), (5, beside)], "he", size)
    target = slide([(2, LEFT), (foreign, beside), (5, below @ beside)], "dab", size)
    result = placed(source, target, Affine.identity(), below)
    assert len(result.fragments) == 2
    assert error_px(result, around((105.0, 130.0), 45), Affine.identity()).max() < 4
    assert error_px(result, around((268.0, 124.0), radius), below).max() < 4
    in_place = result.map(around((268.0, 124.0), min(radius, 30.0)), "inverse")
    assert set(in_place.status) == {Status.NO_COUNTERPART}


def test_a_piece_that_the_target_has_lost_is_left_alone(slide: Callable[..., Any]) -> None:
    source = slide([(2, LEFT), (5, RIGHT)], "he")
    target = slide([(2, ACROSS @ LEFT)], "dab")
    result = placed(source, target, ACROSS, MIRRORED)
    assert len(result.fragments) == 1
    assert set(result.map(around(MIDDLE["right"], 40)).status) == {Status.NO_COUNTERPART}
    assert "unpaired-source" in {reason.code for reason in result.risk.reasons}


def test_little_of_the_tissue_placed_is_a_part(slide: Callable[..., Any]) -> None:
    source = slide([(2, LEFT), (5, RIGHT)], "he")
    target = slide([(9, ACROSS @ LEFT), (5, MIRRORED @ RIGHT)], "dab")
    result = placed(source, target, MIRRORED)
    assert result.outcome is Outcome.PARTIAL
    assert len(result.fragments) == 1
    assert error_px(result, around(MIDDLE["right"], 40), MIRRORED).max() < 4


def test_pieces_without_any_pose_are_a_failure(slide: Callable[..., Any]) -> None:
    source = slide([(2, LEFT), (5, RIGHT)], "he")
    target = slide([(9, ACROSS @ LEFT), (7, MIRRORED @ RIGHT)], "dab")
    result = placed(source, target)
    assert result.outcome is Outcome.FAILED
    assert not result.fragments
    assert result.failure


def test_a_piece_that_fits_two_places_is_not_put_in_either(slide: Callable[..., Any]) -> None:
    again = Affine.translation((230.0, 0.0))
    small = Affine.translation((350.0, 60.0)) @ Affine.scaling(0.15, 0.15)
    smaller = Affine.translation((260.0, 150.0)) @ Affine.scaling(0.13, 0.13)
    source = slide([(2, LEFT), (5, small), (7, smaller)], "he")
    target = slide([(2, LEFT), (2, again @ LEFT)], "dab")
    result = placed(source, target, Affine.identity(), again)
    assert result.outcome is Outcome.AMBIGUOUS
    assert not result.fragments
    found = sorted(p.target_from_source.offset[0] for p in result.placements)
    np.testing.assert_allclose(found, [0.0, 230.0], atol=8)


def test_an_unknown_scale_is_the_one_at_which_the_pieces_fit(slide: Callable[..., Any]) -> None:
    larger = Affine.scaling(1.5, 1.5)
    size = round(WIDTH * 1.5), round(HEIGHT * 1.5)
    across, mirrored = larger @ ACROSS, larger @ MIRRORED
    source = slide([(2, LEFT), (5, RIGHT)], "he", mpp=None)
    target = slide([(2, across @ LEFT), (5, mirrored @ RIGHT)], "dab", size, None)
    result = placed(source, target, across, mirrored)
    assert result.outcome is Outcome.ALIGNED
    assert error_px(result, around(MIDDLE["left"], 50), across).max() < 6
    assert error_px(result, around(MIDDLE["right"], 40), mirrored).max() < 6
