"""A section and its scene: seen once, kept by every part of the section."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sar_models.domain.errors import EngineError
from sar_models.domain.geometry import Mpp
from sar_models.domain.transforms import Affine
from sar_models.engine import AlignOptions
from sar_models.engine.prepare import prepare_pair
from sar_models.engine.section import Section
from sar_models.engine.working import WorkingImage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Image = NDArray[np.float32]


def darkness(colours: Image, mask: Image, _: int) -> Image:
    """Make two plain structures out of a section: how dark it is, and its mask."""
    return np.stack([colours.mean(axis=2) * mask, mask])


@pytest.fixture(scope="module")
def section(scene: Any) -> Section:
    return Section.from_image(WorkingImage(scene.source.image, Affine.identity()))


@pytest.fixture(scope="module")
def seen(section: Section) -> Section:
    return section.with_scene(darkness)


def test_a_scene_is_made_of_colours_and_mask(section: Section, seen: Section) -> None:
    assert section.scene is None
    assert section.colours is not None
    assert seen.scene is not None
    np.testing.assert_allclose(seen.scene[0], section.density * section.mask, atol=1e-5)
    np.testing.assert_array_equal(seen.scene[1], section.mask)
    np.testing.assert_array_equal(seen.channel("scene"), seen.scene)


def test_all_else_stays_and_the_colours_go(section: Section, seen: Section) -> None:
    for name in ("mask", "density", "haematoxylin", "known", "cracked", "slide_from_working"):
        assert getattr(seen, name) is getattr(section, name)
    assert seen.colours is None


def test_a_part_keeps_the_scene_that_was_seen_of_the_whole(seen: Section) -> None:
    keep = np.zeros(seen.mask.shape, dtype=np.bool_)
    keep[:, :200] = True
    part = seen.masked(keep)
    assert part.scene is seen.scene
    assert part.area_px < seen.area_px


def test_a_section_may_be_masked_before_it_is_seen(section: Section) -> None:
    keep = np.zeros(section.mask.shape, dtype=np.bool_)
    keep[:, :200] = True
    scene = section.masked(keep).with_scene(darkness).scene
    assert scene is not None
    assert (scene[:, :, 200:] == 0).all()
    assert scene[0, :, :200].max() > 0


@pytest.mark.parametrize("factor", [0.5, 0.37, 1.6, 0.001])
def test_a_resized_section_has_its_scene_resized(seen: Section, factor: float) -> None:
    small = seen.resized(factor)
    assert small.scene is not None
    assert small.scene.shape == (2, *small.mask.shape)
    assert small.scene.dtype == np.float32
    # The mask, seen, is resized as the mask itself.
    np.testing.assert_array_equal(small.scene[1], small.mask)


def test_a_resized_section_without_a_scene_has_none(section: Section) -> None:
    assert section.resized(0.5).scene is None


def test_a_scene_that_nobody_looked_at_is_refused(section: Section) -> None:
    with pytest.raises(EngineError, match="has not looked at"):
        section.channel("scene")


def test_a_scene_is_not_seen_twice_nor_without_colours(section: Section, seen: Section) -> None:
    for blind in (seen, section.resized(0.5)):
        with pytest.raises(EngineError, match="without its colours"):
            blind.with_scene(darkness)


def test_both_sections_of_a_pair_are_seen_if_that_is_asked_for(scene: Any) -> None:
    pair = scene.source, scene.target, (None, None), AlignOptions(device="cpu")
    unseen, seen = prepare_pair(*pair), prepare_pair(*pair, darkness)
    for one, other in ((unseen.source, seen.source), (unseen.target, seen.target)):
        assert one.scene is None
        assert one.colours is not None
        np.testing.assert_array_equal(other.scene, darkness(one.colours, one.mask, 0))


def test_both_are_seen_at_one_scale_where_it_is_known(scene: Any) -> None:
    extents: list[int] = []

    def recording(colours: Image, mask: Image, extent_px: int) -> Image:
        extents.append(extent_px)
        return darkness(colours, mask, extent_px)

    slides = scene.source, scene.target
    mpps = Mpp(4.0, 4.0), Mpp(4.0, 4.0)
    known = prepare_pair(*slides, mpps, AlignOptions(device="cpu"), recording)
    own = [section.extent_px for section in (known.source, known.target)]
    assert own[0] != own[1]
    assert extents == [max(own)] * 2
    extents.clear()
    unknown = prepare_pair(*slides, (None, None), AlignOptions(device="cpu"), recording)
    assert extents == [section.extent_px for section in (unknown.source, unknown.target)]
