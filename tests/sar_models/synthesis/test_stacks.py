"""Stacks: amounts of components, generated and separated from pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from sar_models.domain.errors import OptionError
from sar_models.synthesis.stacks import Stack, generated_stack, slide_stack, tile_stack
from sar_models.synthesis.stacks.stack import LONG_SIDE_PX, stacked
from sar_models.synthesis.tissue.render import COMPONENTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

TILE = 64


def nuclei_on_fibres(side: int) -> Image:
    """Return blue nuclei on pink fibres, white to the right."""
    image = np.full((side, side, 3), 250, dtype=np.uint8)
    image[:, : side // 2] = (230, 150, 190)
    image[side // 4 : side // 2, side // 8 : side // 4] = (90, 70, 150)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 1.0))


@pytest.fixture(scope="module")
def generated() -> Stack:
    return generated_stack(7)


def test_a_generated_stack_has_two_sections_of_all_components(generated: Stack) -> None:
    sections, components, *size = generated.planes.shape
    assert (sections, components) == (2, len(COMPONENTS))
    assert 0.9 * LONG_SIDE_PX < max(size) <= LONG_SIDE_PX
    assert generated.planes.dtype == np.uint8
    assert generated.planes.reshape(2, components, -1).max(axis=2).min() > 40


def test_neighbouring_sections_are_alike_and_not_the_same(generated: Stack) -> None:
    one, other = (section.max(axis=0) > 40 for section in generated.planes)
    assert (one & other).sum() / (one | other).sum() > 0.7
    # Nuclei are others in the next section.
    chromatin = generated.planes[:, 0].reshape(2, -1)
    assert 0 < np.corrcoef(chromatin)[0, 1] < 0.95


def test_equal_seeds_give_equal_stacks(generated: Stack) -> None:
    assert np.array_equal(generated_stack(7).planes, generated.planes)
    assert generated_stack(8).planes.shape != generated.planes.shape


def test_a_slide_is_separated_nuclei_first() -> None:
    stack = slide_stack("s", nuclei_on_fibres(400))
    assert stack.planes.shape == (1, 3, 400, 400)
    nuclear, matrix, _ = stack.planes[0].astype(float)
    nucleus, fibres, glass = (
        (slice(120, 180), slice(60, 90)),
        (slice(250, 350), slice(20, 180)),
        300,
    )
    assert nuclear[nucleus].mean() > 3 * nuclear[fibres].mean()
    assert matrix[fibres].mean() > nuclear[fibres].mean()
    assert stack.planes[0, :2, :, glass:].max() < 20
    assert (stack.name, stack.group) == ("s", "s")


def test_large_slides_are_shrunk() -> None:
    image = np.full((500, 4 * LONG_SIDE_PX, 3), 200, dtype=np.uint8)
    assert slide_stack("s", image).planes.shape[2:] == (250, 2 * LONG_SIDE_PX)


def test_a_tile_is_one_section_with_either_picture_of_the_nuclei() -> None:
    dapi = np.zeros((TILE, TILE), dtype=np.uint8)
    dapi[20:30, 20:30] = 200
    dim = dapi // 4
    channels = np.concatenate([dapi, dim.T, np.zeros_like(dapi), dapi[::-1]])
    stack = tile_stack("r_1", "r", nuclei_on_fibres(TILE), channels)
    assert stack.planes.shape == (2, 6, TILE, TILE)
    he, fluorescence = stack.planes
    assert np.array_equal(he[1:], fluorescence[1:])
    assert not np.array_equal(he[0], fluorescence[0])
    assert fluorescence[0, 24, 24] > 100
    assert fluorescence[0, 5, 50] == 0
    # A channel is measured by its own brightest.
    assert he[3].max() == pytest.approx(fluorescence[0].max(), abs=10)


def test_a_tile_needs_four_channels_of_its_size() -> None:
    with pytest.raises(OptionError, match=r"'r_1' of 64 x 64 px has channels of shape \(192, 64\)"):
        tile_stack("r_1", "r", nuclei_on_fibres(TILE), np.zeros((3 * TILE, TILE), dtype=np.uint8))


def test_planes_of_another_shape_or_type_are_refused() -> None:
    with pytest.raises(OptionError, match=r"planes of shape \(2, 3, 4\)"):
        Stack("s", np.zeros((2, 3, 4), dtype=np.uint8), "s")
    with pytest.raises(OptionError, match="type float32"):
        Stack("s", np.zeros((1, 1, 2, 2), dtype=np.float32), "s")  # type: ignore[arg-type]


def test_planes_are_shrunk_never_grown() -> None:
    plane = np.full((30, 60), 80, dtype=np.uint8)
    assert stacked("s", "s", [[plane, plane]], 20).planes.shape == (1, 2, 10, 20)
    assert stacked("s", "s", [[plane, plane]], 200).planes.shape == (1, 2, 30, 60)
