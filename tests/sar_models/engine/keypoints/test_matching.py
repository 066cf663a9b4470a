"""Mutual matches, their margins, and places between the nodes of a grid."""

from __future__ import annotations

import numpy as np
import pytest

from sar_models.engine.keypoints.features import Features, of_unit_length
from sar_models.engine.keypoints.matching import match, mutual


def features(places: object, descriptors: object, spacing_px: float = 0.0) -> Features:
    return Features(
        np.asarray(places, dtype=np.float64),
        of_unit_length(np.asarray(descriptors, dtype=np.float32)),
        spacing_px,
    )


def test_only_what_is_each_others_best_matches() -> None:
    source = features([[0, 0], [1, 1], [2, 2]], [[1, 0], [0.9, 0.5], [0, 1]])
    target = features([[10, 0], [20, 0]], [[1, 0.1], [0, 1]])
    found = mutual(source, target)
    assert found.source.tolist() == [[0, 0], [2, 2]]
    assert found.target.tolist() == [[10, 0], [20, 0]]


def test_the_margin_is_over_the_best_place_elsewhere() -> None:
    source = features([[0, 0]], [[1, 0]])
    target = features([[0, 0], [1, 0], [50, 0]], [[1, 0], [1, 0.1], [0.6, 0.8]])
    found = match(source, target, 5.0, 0.0)
    assert found.margin.tolist() == pytest.approx([0.4])
    assert len(match(source, target, 5.0, 0.41)) == 0


def test_on_a_grid_a_match_lies_between_the_nodes() -> None:
    x = np.arange(0.0, 50.0, 10.0)
    grid = np.stack(np.meshgrid(x, x), axis=-1).reshape(-1, 2)
    place = np.array([23.0, 20.0])
    # A descriptor that changes smoothly over the grid, and is the place's own at (23, 20).
    angles = (grid - place) / 20.0
    target = features(grid, np.column_stack([np.ones(len(grid)), angles]), 10.0)
    source = features([[0, 0]], [[1, 0, 0]])
    found = match(source, target, 25.0, -1.0)
    assert found.target[0] == pytest.approx(place, abs=1.5)
    located = Features(target.places, target.descriptors)
    assert match(source, located, 25.0, -1.0).target[0].tolist() == [20.0, 20.0]


def test_nothing_matches_nothing() -> None:
    empty = features(np.zeros((0, 2)), np.zeros((0, 2)))
    assert len(match(empty, features([[0, 0]], [[1, 0]]), 5.0, 0.0)) == 0
    assert len(mutual(features([[0, 0]], [[1, 0]]), empty)) == 0
