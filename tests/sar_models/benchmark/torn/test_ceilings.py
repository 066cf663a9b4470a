"""Ceilings: what knows more reaches more, and what knows nothing reaches nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sar_models.benchmark.torn.ceilings import measure_ceilings
from sar_models.benchmark.torn.cells import cells_of
from sar_models.benchmark.torn.fits import fit_affine, fit_spline
from sar_models.benchmark.torn.sift import sift_affine
from sar_models.benchmark.torn.spread import spread
from sar_models.domain.geometry import Mpp
from sar_models.domain.transforms import Affine, Displacement, Sequence
from sar_models.synthesis import GeneratedSlide, PairOptions, generate_pair

if TYPE_CHECKING:
    from sar_models.synthesis import TornPair


def bending() -> Displacement:
    """Return waves of 12 px over the slide."""
    y, x = np.mgrid[0:31, 0:31] * (2 * np.pi / 12)
    bend = 12.0 * np.stack([np.sin(y + 0.5 * x), np.cos(x)], axis=-1)
    return Displacement(np.array([-100.0, -100.0]), np.array([40.0, 40.0]), bend)


@pytest.fixture(scope="module")
def bent(pair: TornPair) -> TornPair:
    """The pair with tissue that is bent before it is moved."""
    field = bending()
    pieces = []
    for piece in pair.pieces:
        if piece.target_from_source is not None:
            transform = Sequence((field, piece.target_from_source))
            piece = replace(piece, target_from_source=transform, target=piece.target.buffer(30))
        pieces.append(piece)
    landmarks = [
        pieces[index].target_from_source.map(point[None])
        for index, point in zip(pair.landmark_piece, pair.landmarks, strict=True)
    ]
    return replace(pair, pieces=tuple(pieces), target_landmarks=np.concatenate(landmarks))


def test_what_knows_more_reaches_more(bent: TornPair) -> None:
    ceilings = measure_ceilings(bent, cells_of(bent), human=False)
    affine, by_piece = ceilings.affine.miou, ceilings.affine_per_piece.miou
    assert 0.3 < affine < 0.5 < by_piece < ceilings.spline_per_piece.miou < 1.0
    assert ceilings.sift.miou == 0.0
    # One affine lays one of both pieces and misses the other.
    assert affine == pytest.approx(by_piece / 2, rel=0.15)


def test_one_affine_is_enough_for_tissue_in_one_place(pair: TornPair) -> None:
    (first, *_), turn = pair.pieces, Affine.from_similarity(0.4, translation=(300.0, 10.0))
    whole = replace(first, target=first.source, target_from_source=turn)
    whole = replace(whole, target=whole.target.buffer(1000))
    ceilings = measure_ceilings(*(p := replace(pair, pieces=(whole,)), cells_of(p)), human=False)
    assert ceilings.affine.miou == pytest.approx(1.0, abs=1e-6)
    assert ceilings.spline_per_piece.miou == pytest.approx(1.0, abs=1e-3)


def test_human_landmarks_are_left_out_by_halves(bent: TornPair) -> None:
    cells = cells_of(bent)
    human = measure_ceilings(bent, cells, human=True).spline_per_piece.miou
    assert human < measure_ceilings(bent, cells, human=False).spline_per_piece.miou
    # Without landmarks enough for a spline the piece keeps its affine.
    few = replace(
        bent,
        landmarks=bent.landmarks[:4],
        target_landmarks=bent.target_landmarks[:4],
        landmark_piece=bent.landmark_piece[:4],
    )
    ceilings = measure_ceilings(few, cells, human=True)
    assert ceilings.spline_per_piece.miou == pytest.approx(ceilings.affine_per_piece.miou)


def test_a_spline_goes_through_its_points() -> None:
    field = bending()
    x, y = np.meshgrid(np.linspace(0, 900, 12), np.linspace(0, 700, 10))
    points = np.column_stack([x.ravel(), y.ravel()])
    spline = fit_spline(points, field.map(points), np.array([0.0, 0, 900, 700]))
    assert np.abs(spline.map(points) - field.map(points)).max() < 1.0
    turn = Affine.from_similarity(2.0, 1.1, (50.0, -20.0), mirror=True)
    assert np.allclose(fit_affine(points, turn.map(points)).matrix, turn.matrix)


def test_spread_points_leave_no_gap() -> None:
    x, y = np.meshgrid(np.arange(40.0), np.arange(40.0))
    points = np.column_stack([x.ravel(), y.ravel()])
    chosen = points[spread(points, 16)]
    gaps = np.linalg.norm(points[:, None] - chosen[None], axis=2).min(axis=1)
    assert len(np.unique(chosen, axis=0)) == 16
    assert gaps.max() <= 10
    assert spread(points, 5000).tolist() == list(range(1600))


def test_sift_finds_the_same_picture_again_and_nothing_on_glass() -> None:
    slide = generate_pair(3, PairOptions(size_px=400)).source
    turned = GeneratedSlide(np.ascontiguousarray(np.rot90(slide.image)), slide.mpp, "he")
    found = sift_affine(slide, turned)
    assert found is not None
    assert found.rotation_deg == pytest.approx(-90, abs=1)
    corner = found.map(np.array([[0.0, 0.0]]))
    assert corner == pytest.approx(np.array([[0.0, slide.size.width]]), abs=3)
    glass = GeneratedSlide(np.full((300, 300, 3), 255, dtype=np.uint8), Mpp(4.0, 4.0), "he")
    assert sift_affine(slide, glass) is None
