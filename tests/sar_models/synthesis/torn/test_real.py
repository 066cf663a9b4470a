from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from scipy.ndimage import map_coordinates

from sar_models.domain.errors import InputError, LandmarkError, OptionError
from sar_models.domain.geometry import Points, centre_from_corner
from sar_models.synthesis import (
    DeriveOptions,
    PairOptions,
    TornOptions,
    TornPair,
    derive,
    generate_pair,
    real_torn_set,
    tear_real_pair,
)

if TYPE_CHECKING:
    from sar_models.domain.transforms import Transform

TWO = TornOptions(
    pieces=3,
    source_arrangement="apart",
    mirrored_share=0.34,
    target_lost=0,
    source_lost=0,
    target_controls=0,
    source_controls=0,
    overlap=False,
    jpeg=False,
)


@dataclass(frozen=True, eq=False)
class Sections:
    """Two pictures with landmarks, and the map that both were made by."""

    source: np.ndarray
    target: np.ndarray
    landmarks: Points
    target_landmarks: Points
    truth: Transform


def _sections(source: np.ndarray) -> Sections:
    options = DeriveOptions(turn_deg=12.0, mirror=False, restain=False, jpeg=False)
    derived = derive(source, 3, options)
    height, width = source.shape[:2]
    x, y = np.meshgrid(np.linspace(20, width - 20, 9), np.linspace(20, height - 20, 9))
    shaken = np.random.default_rng(1).uniform(-9.0, 9.0, (x.size, 2))
    landmarks = np.column_stack([x.ravel(), y.ravel()]) + shaken
    return Sections(source, derived.image, landmarks, derived.truth.map(landmarks), derived.truth)


@pytest.fixture(scope="module")
def on_glass() -> Sections:
    """Tissue with glass around it."""
    options = PairOptions(size_px=240, mpp=6.0, organ="colon", outline="resection", jpeg=False)
    return _sections(generate_pair(5, options).source.image)


@pytest.fixture(scope="module")
def cropped(on_glass: Sections) -> Sections:
    """Pictures that end in the middle of tissue."""
    return _sections(np.ascontiguousarray(on_glass.source[40:-40, 35:-35]))


@pytest.fixture(params=["on_glass", "cropped"])
def sections(request: pytest.FixtureRequest) -> Sections:
    made: Sections = request.getfixturevalue(request.param)
    return made


def _tear(
    sections: Sections, seed: int = 3, options: TornOptions = TWO, **more: object
) -> TornPair:
    return tear_real_pair(
        sections.source,
        sections.target,
        sections.landmarks,
        sections.target_landmarks,
        seed,
        options,
        **more,  # type: ignore[arg-type]
    )


def _places(outline: shapely.Geometry) -> np.ndarray:
    x0, y0, x1, y1 = outline.bounds
    x, y = np.meshgrid(np.arange(x0, x1) + 0.5, np.arange(y0, y1) + 0.5)
    places = np.column_stack([x.ravel(), y.ravel()])
    return places[shapely.contains_xy(outline, places)]


def _grey(image: np.ndarray, at: np.ndarray) -> np.ndarray:
    x, y = centre_from_corner(at).T
    return map_coordinates(image.mean(axis=2), [y, x], order=1, mode="nearest")


@pytest.mark.parametrize("arrangement", ["whole", "near", "apart"])
def test_pieces_show_at_their_true_places_what_the_source_shows(
    sections: Sections, arrangement: str
) -> None:
    pair = _tear(sections, options=replace(TWO, source_arrangement=arrangement))
    assert len(pair.pieces) == 3
    assert sum(piece.mirrored for piece in pair.pieces) == 1
    for piece in pair.pieces:
        places = _places(piece.source.buffer(-3.0))
        there = piece.target_from_source.map(places)
        kept = shapely.contains_xy(piece.target.buffer(-2.0), there)
        assert kept.mean() > 0.7
        here, seen = _grey(pair.source.image, places), _grey(pair.target.image, there)
        assert np.corrcoef(here[kept], seen[kept])[0, 1] > 0.8


def test_landmarks_are_carried_exactly_and_the_map_is_near(sections: Sections) -> None:
    pair = _tear(sections)
    assert len(pair.landmarks) > 10
    mapped = np.empty_like(pair.landmarks)
    for index, piece in enumerate(pair.pieces):
        own = pair.landmark_piece == index
        assert shapely.contains_xy(piece.source, pair.landmarks[own]).all()
        assert shapely.contains_xy(piece.target, pair.target_landmarks[own]).all()
        mapped[own] = piece.target_from_source.map(pair.landmarks[own])
    # The landmarks are those of the maker, so that the spline through them is his map.
    off = np.linalg.norm(mapped - pair.target_landmarks, axis=1)
    assert np.median(off) < 0.5
    assert off.max() < 2.0


def test_a_whole_source_was_only_moved(on_glass: Sections) -> None:
    pair = _tear(on_glass, options=replace(TWO, source_arrangement="whole"))
    shifts = pair.landmarks[:, None] - on_glass.landmarks[None]
    moved = next(
        s for s in shifts[0] if np.isclose(shifts - s, 0.0, atol=1e-6).all(axis=2).any(axis=1).all()
    )
    together = shapely.union_all([piece.source for piece in pair.pieces])
    assert together.buffer(1.0).geom_type == "Polygon"
    places = _places(together.buffer(-4.0))
    seen, original = _grey(pair.source.image, places), _grey(on_glass.source, places - moved)
    assert np.corrcoef(seen, original)[0, 1] > 0.97


def test_nothing_shows_where_tissue_was_cut(sections: Sections) -> None:
    pair = _tear(sections)
    for slide, outlines in (
        (pair.source, [piece.source for piece in pair.pieces]),
        (pair.target, [piece.target for piece in pair.pieces]),
    ):
        height, width = slide.image.shape[:2]
        tissue = shapely.union_all(outlines)
        assert shapely.box(0, 0, width, height).contains(tissue)
        on = _grey(slide.image, _places(tissue))
        around = _grey(slide.image, _places(tissue.buffer(8.0).difference(tissue.buffer(2.5))))
        far = _grey(slide.image, _places(shapely.box(0, 0, width, height) - tissue.buffer(12.0)))
        assert on.mean() < far.mean() - 20
        assert abs(np.median(around) - np.median(far)) < 2.0
        assert slide.mpp.mean == 5.0


def test_lost_and_foreign_pieces(on_glass: Sections) -> None:
    options = replace(TWO, target_lost=1, source_lost=1, target_controls=2, source_controls=1)
    kidney = PairOptions(size_px=150, mpp=6.0, organ="kidney", outline="resection", jpeg=False)
    foreign = generate_pair(8, kidney).source.image
    pair = _tear(on_glass, options=options, foreign=foreign)
    there = sorted((p.source is not None, p.target is not None) for p in pair.pieces)
    assert there == [(False, True), (True, False), (True, True)]
    assert [p.target_from_source is not None for p in pair.pieces].count(True) == 1
    assert (len(pair.foreign_source), len(pair.foreign_target)) == (1, 2)
    for outline in pair.foreign_target:
        dark = _grey(pair.target.image, _places(outline.buffer(-2.0)))
        assert dark.mean() < 215
        assert all(outline.disjoint(p.target) for p in pair.pieces if p.target is not None)


def test_a_tear_is_its_seed(on_glass: Sections) -> None:
    first, again, other = (_tear(on_glass, seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first.target.image, again.target.image)
    np.testing.assert_array_equal(first.target_landmarks, again.target_landmarks)
    assert first.target.image.shape != other.target.image.shape
    assert first.annotations == ()


def test_what_cannot_be_torn_is_refused(on_glass: Sections) -> None:
    with pytest.raises(OptionError, match="foreign"):
        _tear(on_glass, options=replace(TWO, target_controls=1))
    few = replace(on_glass, landmarks=on_glass.landmarks[:4])
    with pytest.raises(LandmarkError, match="4"):
        _tear(few)
    line = replace(on_glass, landmarks=on_glass.landmarks * [1.0, 0.0])
    with pytest.raises(LandmarkError, match="line"):
        _tear(line)
    mixed = np.random.default_rng(2).permutation(on_glass.target_landmarks)
    swapped = replace(on_glass, target_landmarks=mixed)
    with pytest.raises(LandmarkError, match="misses"):
        _tear(swapped)
    blank = replace(on_glass, source=np.full((200, 300, 3), 240, dtype=np.uint8))
    with pytest.raises(InputError):
        _tear(blank)


def test_the_list_of_real_tears_is_fixed() -> None:
    tears = real_torn_set(10)
    assert len(tears) == 20
    assert [tear.pair for tear in tears] == list(range(10)) * 2
    assert len({tear.seed for tear in tears}) == 20
    assert {tear.options.pieces for tear in tears} == {2, 3, 4}
    assert {tear.options.source_arrangement for tear in tears} == {"whole", "near", "apart"}
    assert not any(tear.options.target_controls for tear in tears)
    assert sum(bool(tear.options.target_controls) for tear in real_torn_set(10, foreign=True)) > 10
    assert len(real_torn_set(3)) >= 20
    assert (tears[0].seed, tears[11].seed) == (600_000, 601_001)
    with pytest.raises(OptionError):
        real_torn_set(0)
