"""What sections are compared by: images over their brightest on tissue, edges, the scene."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pytest

from sar_models.domain.transforms import Affine
from sar_models.engine.canonical import canonical_pair
from sar_models.engine.section import Channel, Section
from sar_models.engine.warping import warp

if TYPE_CHECKING:
    from collections.abc import Callable

CHANNELS = get_args(Channel)
MEASURED = tuple(name for name in CHANNELS if name != "scene")
WITH_EDGES = tuple(name for name in CHANNELS if name.endswith("-edges"))


@pytest.fixture
def section(drawn: Callable[..., Any]) -> Section:
    """A section whose haematoxylin and density differ, and a scene of both dyes."""
    nuclei, matrix = drawn(4).dyes
    whole = np.ones_like(matrix)
    mask = (matrix > 0.15).astype(np.float32)
    images = mask, 0.4 * nuclei, 0.3 * nuclei + matrix, whole, mask
    return Section(*images, Affine.identity(), scene=np.stack([nuclei, -matrix]) * mask)


@pytest.mark.parametrize("name", MEASURED)
def test_each_image_is_over_its_brightest_on_tissue(section: Section, name: Channel) -> None:
    images = section.channel(name)
    assert images.shape == (2 if name in WITH_EDGES else 1, *section.mask.shape)
    assert images.dtype == np.float32
    for image in images:
        assert np.percentile(image[section.mask > 0.5], 99.5) == pytest.approx(1.0, abs=0.01)
        assert 0 <= image.min() < image.max() <= 1.5


@pytest.mark.parametrize("name", MEASURED)
def test_how_strongly_a_section_is_stained_does_not_matter(section: Section, name: Channel) -> None:
    pale = replace(section, haematoxylin=0.3 * section.haematoxylin, density=0.2 * section.density)
    np.testing.assert_allclose(pale.channel(name), section.channel(name), atol=1e-4)


def test_what_lies_on_glass_does_not_set_the_brightest(section: Section) -> None:
    density = section.density.copy()
    density[:20, :40] = 50.0
    inked = replace(section, density=density)
    np.testing.assert_allclose(inked.channel("density")[:, 40:], section.channel("density")[:, 40:])


@pytest.mark.parametrize("name", WITH_EDGES)
def test_edges_come_beside_the_image_itself(section: Section, name: Channel) -> None:
    plain, edges = section.channel(name)
    np.testing.assert_array_equal(plain, section.channel(name.removesuffix("-edges"))[0])
    # Steep where density changes, whatever the image is.
    np.testing.assert_array_equal(edges, section.channel("density-edges")[1])
    assert np.abs(np.corrcoef(plain.ravel(), edges.ravel())[0, 1]) < 0.9


def test_edges_are_the_same_where_stains_invert_each_other(section: Section) -> None:
    inverse = replace(section, density=2.0 - section.density)
    (plain, edges), (inverted, same) = (s.channel("density-edges") for s in (section, inverse))
    np.testing.assert_allclose(same, edges, atol=1e-4)
    assert edges[section.mask > 0.5].std() > 0.1
    inside = section.mask > 0.5
    assert np.corrcoef(plain[inside], inverted[inside])[0, 1] < -0.9


def test_edges_are_where_density_changes(section: Section) -> None:
    step = np.full_like(section.density, 0.2)
    step[:, 200:] = 0.8
    whole = np.ones_like(step)
    edges = replace(section, mask=whole, density=step).channel("density-edges")[1]
    assert edges[:, 197:203].min() > 10 * edges[:, np.r_[:180, 220:420]].max()
    turned = replace(section, mask=whole, density=step.T.copy()).channel("density-edges")[1]
    np.testing.assert_allclose(turned, edges.T, atol=1e-5)


@pytest.mark.parametrize("name", MEASURED)
def test_images_are_kept_by_each_section_for_itself(section: Section, name: Channel) -> None:
    images = section.channel(name)
    assert section.channel(name) is images
    half = np.zeros(section.mask.shape, dtype=np.bool_)
    half[:, :150] = True
    part = section.masked(half)
    faint = replace(section, density=0 * section.density, haematoxylin=0 * section.haematoxylin)
    for other in (part, faint):
        assert other.channel(name) is not images
    assert faint.channel(name).max() == 0
    assert section.channel(name) is images


def test_the_scene_is_shown_as_it_was_seen(section: Section) -> None:
    assert section.channel("scene") is section.scene
    half = np.zeros(section.mask.shape, dtype=np.bool_)
    half[:, :150] = True
    # Of a part too: what an image is over its brightest by is not asked of a scene.
    assert section.masked(half).channel("scene") is section.scene


def test_a_section_without_tissue_has_images_too(section: Section) -> None:
    empty = replace(section, mask=np.zeros_like(section.mask))
    for name in CHANNELS:
        assert np.isfinite(empty.channel(name)).all()


@pytest.mark.parametrize("name", CHANNELS)
def test_a_pair_lays_all_images_on_one_grid(section: Section, name: Channel) -> None:
    turn = Affine.from_similarity(0.4, 1.2, (30.0, -12.0))
    pair = canonical_pair(section, section, turn, name)
    count = len(section.channel(name))
    assert pair.source.shape == pair.target.shape == (count, *pair.shape)
    assert pair.shape == pair.source_mask.shape == pair.target_mask.shape
    assert pair.long_side_px == max(pair.shape)
    for index, image in enumerate(section.channel(name)):
        for laid, placed in (
            (pair.source, pair.canonical_from_source),
            (pair.target, pair.target_from_canonical.inverse()),
        ):
            wanted = warp(image, placed, pair.shape[::-1])
            np.testing.assert_allclose(laid[index], wanted, atol=1e-4)
