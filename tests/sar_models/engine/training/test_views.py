"""Two views of one place: how they lie on each other, and what both show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from sar_models.engine.training.views import CROP_PX, Views, draw_views

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Tissue = Callable[..., NDArray[np.uint8]]


@pytest.fixture(scope="module")
def views(tissue: Tissue) -> Views:
    """Views of one whole section: what differs is turn, side, shift and deformation."""
    return draw_views(np.random.default_rng(0), [tissue(1, (1, 2, 400, 420))] * 12, torn=0.0)


def laid(views: Views) -> torch.Tensor:
    return F.grid_sample(views.second, views.second_from_first, align_corners=False)


def test_views_are_square_and_in_amounts(views: Views) -> None:
    assert views.first.shape == views.second.shape == (12, 2, CROP_PX, CROP_PX)
    assert views.second_from_first.shape == (12, CROP_PX, CROP_PX, 2)
    assert views.tissue.shape == (12, 1, CROP_PX, CROP_PX)
    assert 0.8 < views.first.max() < 1.21


def test_the_second_view_laid_on_the_first_is_the_first(views: Views) -> None:
    inside = views.tissue.expand_as(views.first) > 0
    assert inside.float().mean() > 0.5
    off = (laid(views) - views.first)[inside].abs()
    beside = (laid(views).roll(4, dims=-1) - views.first)[inside].abs()
    assert off.mean() < 0.02
    assert off.mean() < 0.2 * beside.mean()


def test_turns_of_any_angle_and_both_sides(views: Views) -> None:
    sides = torch.linalg.det(views.linear)
    torch.testing.assert_close(sides.abs(), torch.ones(12))
    assert 0 < (sides < 0).sum() < 12
    angles = torch.atan2(views.linear[:, 1, 0], views.linear[:, 0, 0])
    assert angles.max() - angles.min() > np.pi


def test_the_linear_part_is_that_of_the_map(views: Views) -> None:
    middle = slice(CROP_PX // 4, 3 * CROP_PX // 4)
    places = views.second_from_first[:, middle, middle] * CROP_PX / 2
    across = places.diff(dim=2).mean(dim=(1, 2))
    down = places.diff(dim=1).mean(dim=(1, 2))
    # Deformation is gentle.
    torch.testing.assert_close(torch.stack([across, down], dim=-1), views.linear, atol=0.35, rtol=0)


def test_tissue_is_where_both_views_show_it(views: Views) -> None:
    outside = (views.second_from_first.abs() >= 1).any(dim=-1)[:, None]
    assert outside.any()
    assert not views.tissue[outside].any()
    assert set(views.tissue.unique().tolist()) == {0.0, 1.0}


def test_what_a_neighbouring_section_lacks_is_not_shown_by_both(tissue: Tissue) -> None:
    planes = tissue(1, (2, 2, 300, 300))
    planes[1] = 0
    views = draw_views(np.random.default_rng(0), [planes] * 3, torn=0.0)
    assert not views.tissue.any()


def test_stacks_of_few_components_are_padded(tissue: Tissue) -> None:
    stacks = [tissue(1, (1, 2, 200, 200)), tissue(2, (2, 4, 200, 200))]
    views = draw_views(np.random.default_rng(0), stacks, torn=0.0)
    assert views.components == (2, 4)
    assert views.first.shape[1] == 4
    assert not views.first[0, 2:].any()
    assert views.first[1, 2:].any()


def test_a_stack_smaller_than_a_crop_is_looked_at_closely(tissue: Tissue) -> None:
    views = draw_views(np.random.default_rng(0), [tissue(1, (1, 2, 60, 90))] * 4, torn=0.0)
    assert (views.tissue.mean(dim=(1, 2, 3)) > 0.2).all()
