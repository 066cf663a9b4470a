from dataclasses import replace

import numpy as np
import pytest
import report_scenes

from sar_models.domain.alignment import Anchors
from sar_models.report.residuals import anchor_picture, residual_bins


def test_residuals_are_the_scatter_that_was_added() -> None:
    picture = anchor_picture(report_scenes.scene(120).alignment)
    assert np.median(picture.inlier_residual_px) == pytest.approx(18 * 1.177, rel=0.15)
    assert np.nanmedian(picture.residual_px[~picture.inlier]) > 300


def test_bins_count_every_inlier_once() -> None:
    picture = anchor_picture(report_scenes.scene(120).alignment)
    assert sum(b.count for b in residual_bins(picture)) == picture.inlier.sum()


def test_numbered_anchors_are_inliers_and_far_apart() -> None:
    picture = anchor_picture(report_scenes.scene(120).alignment)
    assert len(set(picture.numbered)) == 12
    assert picture.inlier[picture.numbered].all()
    points = picture.source[picture.numbered]
    gaps = np.linalg.norm(points[:, None] - points[None], axis=-1)[~np.eye(12, dtype=bool)]
    assert gaps.min() > 200


def test_of_too_many_anchors_an_even_choice_is_drawn() -> None:
    scene = report_scenes.scene(120)
    points = np.random.default_rng(0).uniform(0, 1000, (5000, 2))
    inlier = np.arange(5000) % 5 > 0
    anchors = Anchors(points, points, inlier, np.where(inlier, 0, -1))
    picture = anchor_picture(scene.with_alignment(anchors=anchors).alignment)
    assert len(picture) == 5000
    assert picture.inlier[picture.shown].sum() == 400
    assert (~picture.inlier[picture.shown]).sum() == 150


def test_no_anchors_no_bins() -> None:
    picture = anchor_picture(report_scenes.failed_scene(120).alignment)
    assert len(picture) == len(picture.numbered) == 0
    assert residual_bins(picture) == ()


def test_an_anchor_between_two_pieces_is_told_from_one_that_is_merely_off() -> None:
    alignment = report_scenes.torn_scene(160).alignment
    first, second = alignment.fragments
    inside = np.array([f.source.representative_point().coords[0] for f in (first, second)])
    there = np.array([first.target.representative_point().coords[0]] * 2)
    anchors = Anchors(inside, there, np.zeros(2, np.bool_), np.full(2, -1))
    picture = anchor_picture(replace(alignment, anchors=anchors))
    assert picture.same_piece.tolist() == [True, False]
