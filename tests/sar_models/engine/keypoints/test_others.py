"""SIFT and ALIKED behind the same seam, and what is told where something is missing."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from sar_models.domain.errors import EngineError, InputError, OptionError
from sar_models.engine.keypoints.features import Turn
from sar_models.engine.keypoints.pictures import picture_of, turned_picture
from sar_models.engine.keypoints.registry import EXTRACTOR_NAMES, extractor_named
from sar_models.engine.keypoints.search import AnchorSearch
from sar_models.engine.keypoints.sift import SiftExtractor

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Known


def test_sift_finds_a_section_on_itself_turned_over(known: Known) -> None:
    section = known.prepared.source
    found = AnchorSearch(SiftExtractor()).search(section, section)
    pose = found.target_from_source
    assert pose is not None
    assert not pose.mirrored
    np.testing.assert_allclose(pose.matrix, np.eye(2, 3), atol=0.05)


def test_sift_finds_nothing_where_nothing_shows() -> None:
    blank = np.full((200, 200, 3), 250, dtype=np.uint8)
    places, descriptors = SiftExtractor()._detect(blank)
    assert places.shape == (0, 2)
    assert descriptors.shape == (0, 128)


def test_places_of_a_turned_picture_are_those_of_the_section(known: Known) -> None:
    first, _ = SiftExtractor().extract(known.prepared.source, known.prepared.target, 1.0)
    height, width = known.prepared.source.mask.shape
    for turn in (Turn(), Turn(mirror=True)):
        x, y = first.features(turn).places.T
        assert x.min() >= 0
        assert x.max() <= width
        assert y.min() >= 0
        assert y.max() <= height


def test_a_turned_picture_shows_what_lay_there(known: Known) -> None:
    picture = picture_of(known.prepared.source)
    turned, placed = turned_picture(picture, Turn(90.0, mirror=True), 1.0)
    where = np.array([[200.5, 150.5], [120.5, 260.5]])
    for (x, y), (u, v) in zip(where, placed.map(where), strict=True):
        np.testing.assert_allclose(turned[int(v), int(u)], picture[int(y), int(x)], atol=2)


def test_aliked_with_weights_of_a_file(known: Known, tmp_path: Path) -> None:
    from kornia.feature import ALIKED

    torch.manual_seed(0)
    path = tmp_path / "weights.pth"
    torch.save(ALIKED("aliked-t16").state_dict(), path)
    extractor = extractor_named("aliked", path)
    first, _ = extractor.extract(known.prepared.source, known.prepared.target, 0.5)
    features = first.features(Turn(30.0))
    assert 0 < len(features) <= 2048
    np.testing.assert_allclose(np.linalg.norm(features.descriptors, axis=1), 1.0, atol=1e-4)
    # Half as large, turned by 30 degrees, with white corners: all of it, and nothing else.
    picture, placed = turned_picture(picture_of(known.prepared.source), Turn(30.0), 0.5)
    x, y = placed.map(features.places).T
    assert 0 <= x.min() < x.max() <= picture.shape[1]
    assert 0 <= y.min() < y.max() <= picture.shape[0]


def test_aliked_without_weights_or_kornia(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OptionError, match="--anchor-weights"):
        extractor_named("aliked")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(OptionError, match=r"sar-align\[matchers\]"):
        extractor_named("aliked", tmp_path / "any.pth")


def test_what_is_no_weights_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Cannot read"):
        extractor_named("aliked", tmp_path / "missing.pth")
    damaged = tmp_path / "damaged.pth"
    damaged.write_bytes(b"no weights")
    with pytest.raises(InputError, match="holds no weights of ALIKED"):
        extractor_named("aliked", damaged)
    torch.save({"other": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(InputError, match="holds no weights of ALIKED"):
        extractor_named("aliked", tmp_path / "other.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(InputError, match="holds no weights of ALIKED"):
        extractor_named("aliked", tmp_path / "list.pth")


def test_unknown_anchors_are_told() -> None:
    with pytest.raises(OptionError, match="scene, sift, aliked"):
        extractor_named("surf")
    assert set(EXTRACTOR_NAMES) == {"scene", "sift", "aliked"}


def test_a_picture_needs_colours(known: Known) -> None:
    from dataclasses import replace

    with pytest.raises(EngineError, match="without its colours"):
        picture_of(replace(known.prepared.source, colours=None))
