"""What poses are searched by."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sar_models.domain.errors import EngineError
from sar_models.domain.transforms import Affine
from sar_models.engine.section import Section
from sar_models.engine.structure import structure_channels

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.engine.section import Channel


@pytest.fixture
def section(drawn: Callable[..., Any]) -> Section:
    nuclei, matrix = drawn(4).dyes
    mask = (matrix > 0.15).astype(np.float32)
    whole = np.ones_like(mask)
    images = mask, 0.4 * nuclei, nuclei + matrix, whole, mask
    scene = np.stack([nuclei - matrix, matrix[::-1], nuclei.T]) * mask
    return Section(*images, Affine.identity(), scene=scene).resized(0.6)


@pytest.mark.parametrize("channel", [None, "haematoxylin-edges", "density-edges", "scene"])
def test_structure_is_of_tissue_only(section: Section, channel: Channel | None) -> None:
    found = structure_channels(section, channel)
    assert found.shape[1:] == section.mask.shape
    assert np.isfinite(found).all()
    assert (found[:, section.mask == 0] == 0).all()
    assert found[:, section.mask > 0.5].std(axis=1).min() > 0.1


def test_one_channel_shows_nothing_of_the_other(section: Section) -> None:
    other = replace(section, haematoxylin=np.ascontiguousarray(section.haematoxylin[::-1]))
    by_density = [structure_channels(s, "density-edges") for s in (section, other)]
    np.testing.assert_array_equal(*by_density)
    by_nuclei = [structure_channels(s, "haematoxylin-edges") for s in (section, other)]
    assert np.abs(by_nuclei[0] - by_nuclei[1]).max() > 0.5
    # Edges, the last of them, are those of density in either.
    np.testing.assert_array_equal(by_nuclei[0][-1], by_density[0][-1])
    np.testing.assert_array_equal(by_nuclei[0][-1], by_nuclei[1][-1])


def test_both_channels_together_show_what_each_shows(section: Section) -> None:
    together = structure_channels(section)
    for channel in ("haematoxylin-edges", "density-edges"):
        for image in structure_channels(section, channel):
            assert any(np.array_equal(image, known) for known in together)


def test_the_scene_comes_beside_density_and_edges(section: Section) -> None:
    by_scene, by_density = (structure_channels(section, c) for c in ("scene", "density-edges"))
    assert section.scene is not None
    assert len(by_scene) == len(by_density) + len(section.scene)
    np.testing.assert_array_equal(by_scene[: len(by_density)], by_density)
    inside = section.mask > 0.5
    for image, layer in zip(by_scene[len(by_density) :], section.scene, strict=True):
        assert np.corrcoef(image[inside], layer[inside])[0, 1] > 0.4


def test_how_strong_a_layer_of_the_scene_is_does_not_matter(section: Section) -> None:
    assert section.scene is not None
    faint = replace(section, scene=0.2 * section.scene)
    np.testing.assert_allclose(
        structure_channels(faint, "scene"), structure_channels(section, "scene"), atol=1e-3
    )


def test_only_who_asks_for_the_scene_needs_one(section: Section) -> None:
    blind = replace(section, scene=None)
    channels: tuple[Channel | None, ...] = (None, "density-edges", "haematoxylin")
    for channel in channels:
        np.testing.assert_array_equal(
            structure_channels(blind, channel), structure_channels(section, channel)
        )
    with pytest.raises(EngineError, match="has not looked at"):
        structure_channels(blind, "scene")
