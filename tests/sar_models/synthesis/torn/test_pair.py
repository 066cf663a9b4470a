from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from scipy.ndimage import map_coordinates

from sar_models.domain.geometry import centre_from_corner
from sar_models.synthesis import ARRANGEMENTS, TornOptions, TornPair, TornPiece, generate_torn_pair

if TYPE_CHECKING:
    from sar_models.domain.transforms import Outline

MakeTorn = Callable[..., TornPair]


def _inside(outline: Outline, shape: tuple[int, ...]) -> np.ndarray:
    """Return the pixel centres (N, 2) that lie in an outline."""
    x, y = np.meshgrid(np.arange(shape[1]) + 0.5, np.arange(shape[0]) + 0.5)
    places = np.column_stack([x.ravel(), y.ravel()])
    return places[shapely.contains_xy(outline, places[:, 0], places[:, 1])]


def _grey(image: np.ndarray, at: np.ndarray) -> np.ndarray:
    x, y = centre_from_corner(at).T
    return map_coordinates(image.mean(axis=2), [y, x], order=1, mode="nearest")


def _likeness(pair: TornPair, piece: TornPiece, off: tuple[float, float] = (0.0, 0.0)) -> float:
    """Correlate a piece's source pixels with the target pixels at their true places."""
    assert piece.source is not None
    assert piece.target is not None
    assert piece.target_from_source is not None
    places = _inside(piece.source.buffer(-4.0), pair.source.image.shape)
    there = piece.target_from_source.map(places) + off
    kept = shapely.contains_xy(piece.target.buffer(-4.0), there[:, 0], there[:, 1])
    assert kept.mean() > 0.65
    here = _grey(pair.source.image, places[kept])
    return float(np.corrcoef(here, _grey(pair.target.image, there[kept]))[0, 1])


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_every_piece_shows_at_its_true_place_what_the_source_shows(
    torn: MakeTorn, arrangement: str
) -> None:
    pair = torn(source_arrangement=arrangement)
    for piece in pair.pieces:
        best = _likeness(pair, piece)
        assert best > 0.8, piece.id
        for off in ((1.5, 0.0), (-1.5, 0.0), (0.0, 1.5), (0.0, -1.5)):
            assert _likeness(pair, piece, off) < best


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_outlines_coincide_within_the_ragged_margin(torn: MakeTorn, arrangement: str) -> None:
    pair = torn(source_arrangement=arrangement)
    for piece in pair.pieces:
        assert piece.target_from_source is not None
        moved = shapely.transform(
            shapely.segmentize(piece.source, 2.0), piece.target_from_source.map
        ).buffer(0)
        overlap = moved.intersection(piece.target).area / moved.union(piece.target).area
        assert 0.75 < overlap < 1.0, piece.id


def test_truths_invert_and_follow_turn_and_mirror(torn: MakeTorn) -> None:
    pair = torn()
    assert sum(piece.mirrored for piece in pair.pieces) == 2
    for piece in pair.pieces:
        truth = piece.target_from_source
        assert truth is not None
        places = _inside(piece.source, pair.source.image.shape)[::7]
        mapped = truth.map(places)
        np.testing.assert_allclose(truth.inverse().map(mapped), places, atol=1e-3)
        determinants = np.linalg.det(truth.jacobian(places))
        assert ((determinants < 0) == piece.mirrored).all()
        linear = truth.jacobian(places).mean(axis=0)
        linear = linear @ np.diag([-1.0 if piece.mirrored else 1.0, 1.0])
        turn = np.degrees(np.arctan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1]))
        assert abs((turn - piece.turn_deg + 180.0) % 360.0 - 180.0) < 6.0


def test_landmarks_lie_on_their_pieces(torn: MakeTorn) -> None:
    pair = torn(source_lost=1, target_lost=1)
    assert len(pair.landmarks) == len(pair.target_landmarks) == len(pair.landmark_piece) > 8
    for place, true, index in zip(
        pair.landmarks, pair.target_landmarks, pair.landmark_piece, strict=True
    ):
        piece = pair.pieces[index]
        assert piece.target_from_source is not None
        assert piece.source.contains(shapely.Point(place))
        assert piece.target.contains(shapely.Point(true))
        np.testing.assert_allclose(piece.target_from_source.map(place[None])[0], true, atol=1e-3)


def test_a_lost_piece_is_on_one_slide_only(torn: MakeTorn) -> None:
    pair = torn(source_lost=1, target_lost=1)
    assert [piece.id for piece in pair.pieces] == [f"piece-{i}" for i in range(1, 5)]
    there = [(p.source is not None, p.target is not None) for p in pair.pieces]
    assert sorted(there) == [(False, True), (True, False), (True, True), (True, True)]
    for piece, sides in zip(pair.pieces, there, strict=True):
        assert (piece.target_from_source is not None) == all(sides)
        assert np.isnan(piece.turn_deg) == (not all(sides))


def test_tissue_is_dark_and_everything_else_is_glass(torn: MakeTorn) -> None:
    pair = torn(target_controls=2, source_controls=1, target_stain="vimentin")
    for slide, outlines in (
        (pair.source, [*(p.source for p in pair.pieces), *pair.foreign_source]),
        (pair.target, [*(p.target for p in pair.pieces), *pair.foreign_target]),
    ):
        image = slide.image
        tissue = shapely.union_all([o for o in outlines if o is not None])
        assert tissue.is_valid
        on = _grey(image, _inside(tissue, image.shape))
        frame = shapely.box(0, 0, image.shape[1], image.shape[0])
        off = _grey(image, _inside(frame.difference(tissue.buffer(2.0)), image.shape))
        assert off.mean() > on.mean() + 15
        assert off.std() < 5
        assert frame.contains(tissue)


def test_pieces_keep_apart_and_have_sensible_sizes(torn: MakeTorn) -> None:
    pair = torn(pieces=6)
    outlines = [*(p.target for p in pair.pieces), *pair.foreign_target]
    assert len(outlines) == 7
    for one, other in itertools.combinations(outlines, 2):
        assert one.distance(other) > 2.0
    areas = np.array([piece.target.area for piece in pair.pieces])
    assert areas.min() > 0.06 * areas.sum()


def test_a_whole_source_is_intact(torn: MakeTorn) -> None:
    pair = torn(source_arrangement="whole")
    together = shapely.union_all([piece.source for piece in pair.pieces])
    assert sum(p.source.area for p in pair.pieces) == pytest.approx(together.area, rel=1e-3)
    assert together.buffer(0.5).geom_type == "Polygon"


def test_a_source_nearly_in_place_is_hardly_turned(torn: MakeTorn) -> None:
    near, whole = torn(source_arrangement="near"), torn(source_arrangement="whole")
    for one, other in zip(near.pieces, whole.pieces, strict=True):
        turned = (one.turn_deg - other.turn_deg + 180.0) % 360.0 - 180.0
        assert 0.0 < abs(turned) < 16.0
    outlines = [piece.source for piece in near.pieces]
    for one, other in itertools.combinations(outlines, 2):
        assert one.intersection(other).area < 1.0


def test_now_and_then_two_pieces_overlap(torn: MakeTorn) -> None:
    pair = torn(seed=26, overlap=True)
    outlines = [piece.target for piece in pair.pieces]
    lapped = [a.intersection(b) for a, b in itertools.combinations(outlines, 2)]
    both = max(lapped, key=lambda shape: shape.area)
    assert 0.0 < both.area < 0.05 * sum(o.area for o in outlines)
    # Tissue over tissue absorbs twice.
    image = pair.target.image
    single = shapely.union_all(outlines).difference(both)
    assert _grey(image, _inside(both, image.shape)).mean() < (
        _grey(image, _inside(single, image.shape)).mean()
    )


def test_a_folded_edge_is_doubled_and_not_outlined(torn: MakeTorn) -> None:
    flat, folded = torn(), torn(folds=True)
    loss = [a.target.area - b.target.area for a, b in zip(flat.pieces, folded.pieces, strict=True)]
    assert np.count_nonzero(np.abs(loss) > 5.0) == 1
    index = int(np.argmax(loss))
    assert 0.0 < loss[index] < 0.06 * flat.pieces[index].target.area
    assert folded.pieces[index].source.equals(flat.pieces[index].source)
    assert _likeness(folded, folded.pieces[index]) > 0.75


def test_deformation_keeps_to_its_maximum(torn: MakeTorn) -> None:
    for most in (0.0, 10.0):
        pair = torn(source_arrangement="whole", max_deformation_px=most)
        thumbnail = 250 / 1000
        furthest = 0.0
        for piece in pair.pieces:
            places = _inside(piece.source, pair.source.image.shape)
            basis = np.column_stack([places, np.ones(len(places))])
            there = piece.target_from_source.map(places)
            left = there - basis @ np.linalg.lstsq(basis, there, rcond=None)[0]
            furthest = max(furthest, float(np.linalg.norm(left, axis=1).max()) / thumbnail)
        assert 0.3 * most <= furthest <= 1.3 * most + 0.01


def test_a_pair_is_its_seed(torn: MakeTorn) -> None:
    pair = torn()
    again = generate_torn_pair(pair.seed, pair.options)
    np.testing.assert_array_equal(again.source.image, pair.source.image)
    np.testing.assert_array_equal(again.target.image, pair.target.image)
    np.testing.assert_array_equal(again.target_landmarks, pair.target_landmarks)
    other = torn(seed=26, overlap=True)
    assert other.target.image.shape != pair.target.image.shape


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_annotations_lie_on_the_source_s_tissue(torn: MakeTorn, arrangement: str) -> None:
    pair = torn(source_arrangement=arrangement, source_lost=0)
    labels = {annotation.classification for annotation in pair.annotations}
    assert {("Tissue",), ("Gland",)} <= labels
    assert len({annotation.id for annotation in pair.annotations}) == len(pair.annotations)
    tissue = shapely.union_all([piece.source for piece in pair.pieces]).buffer(1.5)
    for annotation in pair.annotations:
        assert annotation.geometry.is_valid
        assert tissue.contains(annotation.geometry)


def test_stains_organ_and_jpeg_are_the_options(torn: MakeTorn) -> None:
    pair = torn(source_stain="trichrome", target_stain="cd3", organ="kidney")
    assert (pair.source.stain, pair.target.stain) == ("trichrome", "cd3")
    assert pair.source.mpp.mean == pair.target.mpp.mean == 8.0
    plain, pressed = torn(), torn(jpeg=True)
    np.testing.assert_array_equal(plain.target_landmarks, pressed.target_landmarks)
    difference = plain.target.image.astype(int) - pressed.target.image
    assert 0.3 < np.abs(difference).mean() < 6.0


def test_sections_differ_as_much_as_they_are_told_to(torn: MakeTorn) -> None:
    same, other = torn(), torn(section_change=1.0)
    for one, two in zip(same.pieces, other.pieces, strict=True):
        assert _likeness(other, two) < _likeness(same, one) - 0.05


def test_the_seed_decides_where_options_are_silent() -> None:
    small = TornOptions(size_px=150, mpp=8.0, jpeg=False)
    pairs = [generate_torn_pair(seed, small) for seed in range(3)]
    assert len({len(pair.pieces) for pair in pairs}) > 1
    assert len({pair.target.stain for pair in pairs}) > 1


def test_control_tissue_is_not_lain_on(torn: MakeTorn) -> None:
    pair = torn(pieces=1, overlap=True, target_controls=2)
    for outline in pair.foreign_target:
        assert outline.distance(pair.pieces[0].target) > 2.0


def test_what_the_source_has_lost_is_not_annotated(torn: MakeTorn) -> None:
    pair = torn(pieces=2, source_lost=1)
    (left,) = (piece.source for piece in pair.pieces if piece.source is not None)
    assert pair.annotations
    assert all(left.buffer(1.5).contains(a.geometry) for a in pair.annotations)
