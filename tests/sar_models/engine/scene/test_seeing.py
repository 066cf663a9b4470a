"""What is seen of a section: sizes, glass, and that neither turn nor stain changes much."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch

from sar_models.engine.scene.encoder import STRUCTURE_CHANNELS
from sar_models.engine.scene.network import SarNet
from sar_models.engine.scene.seeing import ENCODED_PX, see_structures
from sar_models.engine.training.staining import draw_recipes, stain
from sar_models.synthesis.raster import FULL
from sar_models.synthesis.stacks import generated_stack

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sar_models.engine.section import See

    Image = NDArray[np.float32]
    Look = Callable[[Image, Image], Image]

CPU = torch.device("cpu")


def by_itself(see: See) -> Look:
    """Return what is seen of a section that is compared with none larger."""

    def look(density: Image, mask: Image) -> Image:
        extents = (np.ptp(places) + 1 for places in np.nonzero(mask > 0.5))
        return see(density, mask, int(max(extents)))

    return look


def untrained_see() -> See:
    torch.manual_seed(0)
    return partial(see_structures, SarNet().eval(), device=CPU)


@pytest.fixture(scope="module")
def untrained() -> Look:
    return by_itself(untrained_see())


@pytest.fixture(name="look")
def shipped(see: See) -> Look:
    return by_itself(see)


def picture(height: int, width: int, seed: int = 0) -> Image:
    """Return smooth densities ``(H, W, 3)``."""
    noise = np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 3.0)).reshape(height, width, 3)


def box(shape: tuple[int, int], left: int, top: int, right: int, bottom: int) -> Image:
    mask = np.zeros(shape, dtype=np.float32)
    mask[top:bottom, left:right] = 1.0
    return mask


# Sizes and glass


@pytest.mark.parametrize(
    ("shape", "tissue"),
    [
        ((160, 200), (20, 30, 150, 140)),
        ((97, 131), (10, 11, 90, 80)),
        ((120, 90), (0, 0, 90, 120)),
        ((120, 90), (60, 50, 90, 120)),
        ((150, 150), (70, 70, 72, 71)),
        ((1, 220), (20, 0, 200, 1)),
        ((3, 1), (0, 0, 1, 3)),
        ((1, 1), (0, 0, 1, 1)),
        ((900, 1100), (50, 40, 1050, 860)),
        ((2, 1500), (0, 0, 1500, 2)),
    ],
    ids=[
        "even sides",
        "odd sides",
        "no glass at all",
        "at a corner",
        "two pixels of tissue",
        "one row",
        "one column",
        "one pixel",
        "larger than it is encoded",
        "rows that shrink to one",
    ],
)
def test_structures_have_the_pictures_size_and_are_nothing_on_glass(
    untrained: Look, shape: tuple[int, int], tissue: tuple[int, int, int, int]
) -> None:
    mask = box(shape, *tissue)
    found = untrained(picture(*shape), mask)
    assert found.shape == (STRUCTURE_CHANNELS, *shape)
    assert found.dtype == np.float32
    assert np.abs(found).max() <= 1
    assert (found[:, mask == 0] == 0).all()
    assert found[:, mask > 0].any()


def test_what_lies_on_glass_does_not_matter(untrained: Look) -> None:
    density, mask = picture(120, 160), box((120, 160), 30, 20, 130, 100)
    dirty = density + 2.0 * picture(120, 160, 1) * (mask == 0)[..., None]
    np.testing.assert_array_equal(untrained(dirty, mask), untrained(density, mask))


def test_large_tissue_is_seen_as_small_tissue_is(untrained: Look) -> None:
    density, mask = picture(480, ENCODED_PX), box((480, ENCODED_PX), 0, 0, ENCODED_PX, 480)
    twice = cv2.resize(density, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    found = untrained(np.asarray(twice), np.ones(twice.shape[:2], dtype=np.float32))
    halved = [cv2.resize(layer, (ENCODED_PX, 480), interpolation=cv2.INTER_AREA) for layer in found]
    assert agreement(np.stack(halved), untrained(density, mask), mask) > 0.98


def test_next_to_larger_tissue_it_is_seen_as_small_as_that_one_makes_it() -> None:
    see = untrained_see()
    density, mask = picture(320, ENCODED_PX), box((320, ENCODED_PX), 40, 30, 600, 300)
    half = (ENCODED_PX // 2, 160)
    small = (np.asarray(cv2.resize(x, half, interpolation=cv2.INTER_AREA)) for x in (density, mask))
    beside = see(density, mask, 2 * ENCODED_PX)
    halved = [cv2.resize(layer, half, interpolation=cv2.INTER_AREA) for layer in beside]
    inside = np.asarray(cv2.resize(mask, half, interpolation=cv2.INTER_AREA))
    assert agreement(np.stack(halved), see(*small, 280), inside) > 0.98


# The shipped network


@pytest.fixture(scope="module")
def sections() -> list[tuple[Image, Image]]:
    """Two neighbouring sections of one scene, each under a stain of its own; density and mask."""
    planes = generated_stack(1259).planes
    amounts = torch.from_numpy(planes.astype(np.float32) / FULL)
    count = planes.shape[1]
    recipes = draw_recipes(np.random.default_rng(5), [count, count], count)
    stained = stain(amounts, recipes, torch.Generator().manual_seed(0))
    densities = stained.permute(0, 2, 3, 1).numpy()
    masks = (amounts.amax(dim=1).numpy() > 0.1).astype(np.uint8)
    closed = [cv2.morphologyEx(m, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8)) for m in masks]
    return [
        (density, np.asarray(mask, dtype=np.float32))
        for density, mask in zip(densities, closed, strict=True)
    ]


def agreement(one: Image, other: Image, mask: Image) -> float:
    """Return the correlation of structures on tissue, the mean of all channels."""
    inside = mask > 0.5
    pairs = zip(one, other, strict=True)
    return float(np.mean([np.corrcoef(a[inside], b[inside])[0, 1] for a, b in pairs]))


@pytest.mark.parametrize("mirror", [False, True], ids=["as it is", "mirrored"])
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_picture_has_the_turned_structures(
    look: Look, sections: list[tuple[Image, Image]], quarters: int, mirror: bool
) -> None:
    density, mask = sections[0]

    def turned(image: Image) -> Image:
        image = np.rot90(image, quarters)
        return np.ascontiguousarray(image[:, ::-1] if mirror else image)

    found = look(turned(density), turned(mask))
    wanted = np.stack([turned(layer) for layer in look(density, mask)])
    assert agreement(found, wanted, turned(mask)) > 0.7


def test_a_rim_of_glass_changes_little(look: Look, sections: list[tuple[Image, Image]]) -> None:
    density, mask = sections[0]
    rim = ((16, 16), (32, 16))
    found = look(np.pad(density, (*rim, (0, 0))), np.pad(mask, rim))
    assert agreement(found[:, 16:-16, 32:-16], look(density, mask), mask) > 0.9


def test_another_stain_of_the_neighbour_has_the_same_structures_in_the_same_place(
    look: Look, sections: list[tuple[Image, Image]]
) -> None:
    (first, mask), (second, other_mask) = sections
    one, other = look(first, mask), look(second, other_mask)
    both = mask * other_mask
    in_place = agreement(one, other, both)
    assert in_place > 0.3
    for shift in ((12, 0), (0, 12), (-12, 0), (0, -12), (40, -25)):
        moved, seen = np.roll(other, shift, (1, 2)), np.roll(other_mask, shift, (0, 1))
        assert agreement(one, moved, mask * seen) < in_place - 0.15
    for undone in (other[:, ::-1], other[:, :, ::-1]):
        assert agreement(one, undone, mask) < in_place - 0.15


def test_density_alone_says_less_of_another_stain(
    look: Look, sections: list[tuple[Image, Image]]
) -> None:
    (first, mask), (second, other_mask) = sections
    both = mask * other_mask
    densities = (density.mean(axis=2)[None] for density in (first, second))
    seen = agreement(look(first, mask), look(second, other_mask), both)
    assert seen > agreement(*densities, both) + 0.1
