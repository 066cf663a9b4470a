"""Places on the tissue, and anchors of a real search with the network that ships."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from sar_models.domain.errors import EngineError
from sar_models.engine.keypoints.features import Turn
from sar_models.engine.keypoints.scene import scene_extractor
from sar_models.engine.keypoints.search import AnchorSearch, FoundAnchors

if TYPE_CHECKING:
    from conftest import Known

    from sar_models.engine.keypoints.scene import SceneExtractor


@pytest.fixture(scope="module")
def extractor() -> SceneExtractor:
    return scene_extractor(torch.device("cpu"))


@pytest.fixture(scope="module")
def found(known: Known, extractor: SceneExtractor) -> FoundAnchors:
    pair = known.prepared
    return AnchorSearch(extractor).search(pair.source, pair.target, pair.scale or 1.0)


def test_places_lie_evenly_on_tissue(known: Known, extractor: SceneExtractor) -> None:
    pair = known.prepared
    sides = replace(extractor, count=300).extract(pair.source, pair.target, 1.0)
    for seen, section in zip(sides, (pair.source, pair.target), strict=True):
        features = seen.features(Turn())
        assert 200 < len(features) <= 300
        x, y = features.places.astype(int).T
        assert (section.mask[y, x] > 0).mean() > 0.97
        apart = np.linalg.norm(features.places[0] - features.places[1:], axis=1).min()
        assert apart == pytest.approx(features.spacing_px, rel=0.01)
        np.testing.assert_allclose(np.linalg.norm(features.descriptors, axis=1), 1.0, atol=1e-4)


def test_a_pose_across_stains_turned_and_mirrored(known: Known, found: FoundAnchors) -> None:
    pose = found.target_from_source
    assert pose is not None
    assert pose.mirrored
    assert known.miss(pose) < 0.01
    assert found.margin > 2.0


def test_most_anchors_are_right(known: Known, found: FoundAnchors) -> None:
    anchors = found.anchors(known.prepared.source, known.prepared.target)
    assert anchors.inlier.sum() > 100
    inlier = anchors.inlier
    assert known.right(anchors.source[inlier], anchors.target[inlier], 0.02) > 0.9
    assert set(anchors.fragment[inlier]) == set(range(len(found.groups)))
    assert (anchors.fragment[~inlier] == -1).all()


def test_the_same_pair_gives_the_same_anchors(
    known: Known, extractor: SceneExtractor, found: FoundAnchors
) -> None:
    pair = known.prepared
    again = AnchorSearch(extractor).search(pair.source, pair.target, pair.scale or 1.0)
    first, second = (each.rounds[0].matches for each in (found, again))
    np.testing.assert_array_equal(first.target, second.target)


def test_a_section_without_colours_is_told(known: Known, extractor: SceneExtractor) -> None:
    blind = replace(known.prepared.source, colours=None)
    with pytest.raises(EngineError, match="without its colours"):
        extractor.extract(blind, known.prepared.target, 1.0)
