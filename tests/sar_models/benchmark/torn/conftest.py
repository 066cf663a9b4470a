"""A torn pair made by hand, and alignments of it: what they score can be reckoned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from shapely.geometry import box

from sar_models.domain.alignment import Alignment, Outcome, Risk, failed_alignment
from sar_models.domain.geometry import Mpp
from sar_models.domain.slides import SlideInfo, SlidePair
from sar_models.domain.transforms import Affine, Fragment, Piecewise
from sar_models.synthesis import GeneratedSlide, TornOptions, TornPair, TornPiece

if TYPE_CHECKING:
    from sar_models.domain.geometry import Points, Size
    from sar_models.domain.transforms import Outline, Transform

MPP = Mpp(4.0, 4.0)
Align = Callable[..., Alignment]


def moved(outline: Outline, transform: Transform) -> Outline:
    """Return an outline on the other slide."""
    return shapely.transform(outline, transform.map)


def blank_slide(width: int, height: int) -> GeneratedSlide:
    """Return white glass."""
    return GeneratedSlide(np.full((height, width, 3), 255, dtype=np.uint8), MPP, "he")


def landmarks_on(outline: Outline) -> Points:
    """Return twelve points well inside a rectangle."""
    left, top, right, bottom = outline.buffer(-20).bounds
    x, y = np.meshgrid(np.linspace(left, right, 4), np.linspace(top, bottom, 3))
    return np.column_stack([x.ravel(), y.ravel()])


@pytest.fixture(scope="session")
def pair() -> TornPair:
    """Two pieces of the same shape, turned and mirrored; one lost; foreign tissue on each slide."""
    left, right = box(80, 80, 320, 400), box(400, 80, 640, 400)
    lost = box(80, 480, 320, 640)
    to_left = Affine.from_similarity(np.pi / 2, translation=(900, 60))
    to_right = Affine.from_similarity(0.3, translation=(700, 500), mirror=True)
    landmarks = np.concatenate([landmarks_on(left), landmarks_on(right)])
    pieces = (
        TornPiece("piece-1", left, moved(left, to_left), to_left, 90.0, False),
        TornPiece("piece-2", right, moved(right, to_right), to_right, 17.2, True),
        TornPiece("piece-3", lost, None, None, float("nan"), False),
    )
    return TornPair(
        seed=0,
        options=TornOptions(pieces=3),
        source=blank_slide(1000, 720),
        target=blank_slide(1000, 1000),
        pieces=pieces,
        foreign_source=(box(720, 480, 880, 640),),
        foreign_target=(box(40, 800, 200, 960),),
        landmarks=landmarks,
        target_landmarks=np.concatenate(
            [to_left.map(landmarks[:12]), to_right.map(landmarks[12:])]
        ),
        landmark_piece=np.repeat([0, 1], 12),
        annotations=(),
    )


@pytest.fixture(scope="session")
def slides(pair: TornPair) -> SlidePair:
    """Both slides of the pair, as an alignment knows them."""
    return SlidePair(_info("source", pair.source.size), _info("target", pair.target.size))


def _info(name: str, size: Size) -> SlideInfo:
    return SlideInfo(f"{name}.tif", name, size, (size,), MPP)


@pytest.fixture(scope="session")
def align(pair: TornPair, slides: SlidePair) -> Align:
    """Return a builder of alignments from ``(source outline, transform)`` of each fragment."""

    def build(
        fragments: Sequence[tuple[Outline, Transform]],
        unpaired_source: Sequence[Outline] = (),
        unpaired_target: Sequence[Outline] = (),
        outcome: Outcome = Outcome.ALIGNED,
    ) -> Alignment:
        paired = tuple(
            Fragment(f"tissue-{n}", outline, moved(outline, transform), transform, 1.0 - 0.1 * n)
            for n, (outline, transform) in enumerate(fragments, start=1)
        )
        piecewise = Piecewise(paired, tuple(unpaired_source), tuple(unpaired_target), 100.0, 100.0)
        return Alignment(slides, outcome, piecewise, Risk(0.3))

    return build


@pytest.fixture(scope="session")
def perfect(pair: TornPair, align: Align) -> Alignment:
    """The truth, told as an alignment."""
    first, second, lost = pair.pieces
    return align(
        [(first.source, first.target_from_source), (second.source, second.target_from_source)],
        [lost.source, *pair.foreign_source],
        pair.foreign_target,
    )


@pytest.fixture(scope="session")
def silent(slides: SlidePair, perfect: Alignment) -> Alignment:
    """An alignment that found nothing."""
    return failed_alignment(slides, "nothing fits", ())
