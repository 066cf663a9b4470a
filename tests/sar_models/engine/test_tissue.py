"""Where the tissue is: on any glass, pale beside strong, cracked; and glass that stays glass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sar_models.engine.glass import estimate_glass
from sar_models.engine.tissue import find_tissue

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

GLASS = 242.0
BROWN = np.array([0.27, 0.57, 0.78])
PINK = np.array([0.2, 0.9, 0.4])
SHAPE = (300, 400)


def picture(seed: int = 0, **amounts: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Photograph amounts of brown and of pink, ``(H, W)`` each, with the noise of a camera."""
    density = sum(
        amounts[name][..., None] * colour
        for name, colour in (("brown", BROWN), ("pink", PINK))
        if name in amounts
    )
    noise = np.random.default_rng(seed).normal(0, 1.0, (*SHAPE, 3))
    return np.clip(GLASS * np.exp(-np.asarray(density)) + noise, 0, 255).astype(np.uint8)


def box(left: int, top: int, right: int, bottom: int) -> NDArray[np.bool_]:
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[top:bottom, left:right] = True
    return mask


def inner(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a box without ten pixels of its rim."""
    rows, columns = np.nonzero(mask)
    return box(columns.min() + 10, rows.min() + 10, columns.max() - 9, rows.max() - 9)


def iou(first: Any, second: Any) -> float:
    return float((first & second).sum() / (first | second).sum())


# Glass, light, ink


@pytest.mark.parametrize("glass", [255, 242, 190])
def test_tissue_is_found_on_white_and_grey_glass(drawn: Callable[..., Any], glass: int) -> None:
    section = drawn(2)
    truth = section.dyes[1] > 0.15
    found = find_tissue(section.photograph("he", glass=glass)).mask
    assert iou(found, truth) > 0.85


def test_tissue_is_found_under_uneven_light(drawn: Callable[..., Any]) -> None:
    section = drawn(2)
    light = np.linspace(0.75, 1.0, section.dyes.shape[2])[None, :, None]
    image = (section.photograph("he") * light).astype(np.uint8)
    assert iou(find_tissue(image).mask, section.dyes[1] > 0.15) > 0.85


def test_tissue_shines_on_a_dark_ground(drawn: Callable[..., Any]) -> None:
    section = drawn(2)
    image = 255 - section.photograph("he", glass=250)
    assert estimate_glass(image).is_dark
    assert iou(find_tissue(image).mask, section.dyes[1] > 0.15) > 0.8


def test_black_padding_is_no_tissue(drawn: Callable[..., Any]) -> None:
    image = np.pad(drawn(2).photograph("he"), ((0, 0), (150, 0), (0, 0)))
    tissue = find_tissue(image)
    assert not tissue.mask[:, :148].any()
    assert not tissue.known[:, :148].any()
    assert tissue.mask[:, 150:].mean() > 0.2


def test_pen_marks_are_no_tissue(drawn: Callable[..., Any]) -> None:
    image = drawn(2).photograph("he")
    image[5:25, 20:400] = (20, 60, 170)
    image[395:415, 20:400] = (20, 140, 60)
    found = find_tissue(image).mask
    assert not found[5:25].any()
    assert not found[395:415].any()


def test_grey_slides_register_by_density(drawn: Callable[..., Any]) -> None:
    grey = np.repeat(drawn(2).photograph("he").mean(axis=2, keepdims=True), 3, axis=2)
    tissue = find_tissue(grey.astype(np.uint8))
    np.testing.assert_allclose(tissue.haematoxylin, tissue.density, atol=1e-5)


@pytest.mark.parametrize("value", [0, 128, 240, 255])
def test_a_flat_image_has_no_tissue(value: int) -> None:
    assert find_tissue(np.full((200, 300, 3), value, np.uint8)).is_empty


# Pale tissue


def test_pale_stroma_beside_a_strong_marker_is_tissue() -> None:
    stroma, marker = box(60, 60, 340, 240), box(80, 100, 200, 220)
    rgb = picture(pink=0.14 * stroma, brown=1.6 * marker)
    found = find_tissue(rgb).mask
    assert found[inner(stroma)].mean() > 0.98
    assert found[~stroma].mean() < 0.05


def test_what_is_pale_and_lies_alone_is_glass() -> None:
    marker, smear = box(60, 60, 200, 240), box(260, 60, 360, 240)
    found = find_tissue(picture(pink=0.1 * smear, brown=1.6 * marker)).mask
    assert found[inner(marker)].all()
    assert found[inner(smear)].mean() < 0.02


@pytest.mark.parametrize("seed", [0, 1])
def test_noise_of_the_glass_beside_a_strong_marker_stays_glass(seed: int) -> None:
    marker = box(60, 60, 200, 240)
    shade = np.linspace(0, 0.015, SHAPE[1])[None, :] * np.ones(SHAPE)
    found = find_tissue(picture(seed, pink=shade, brown=1.6 * marker)).mask
    assert found[inner(marker)].all()
    assert found[:, 215:].mean() < 0.01


# Cracks


def test_a_crack_is_closed_in_the_tissue_and_open_in_the_cracked_one() -> None:
    torn = box(60, 60, 197, 240) | box(202, 60, 340, 240)
    tissue = find_tissue(picture(pink=0.7 * torn))
    assert tissue.mask[80:220, 190:210].all()
    assert not tissue.cracked[80:220, 199:200].any()
    assert tissue.cracked[80:220, 80:180].all()
    assert not (tissue.cracked & ~tissue.mask).any()


def test_what_was_dropped_as_dust_has_no_cracks_either() -> None:
    rgb = picture(pink=0.7 * (box(60, 60, 340, 240) | box(20, 20, 23, 23)))
    tissue = find_tissue(rgb)
    assert not tissue.mask[:40, :40].any()
    assert not tissue.cracked[:40, :40].any()
