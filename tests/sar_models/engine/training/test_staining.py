"""Stain physics: what dyes do to light, and what a scanner makes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from sar_models.engine.training.staining import Recipe, draw_recipes, stain

COUNT, DYES, COMPONENTS = 2, 3, 2


@pytest.fixture
def plain() -> Recipe:
    """Each component takes up a dye of its own; no scanner, no limits, nothing hides."""
    uptake = torch.zeros(COUNT, DYES, COMPONENTS)
    uptake[:, 0, 0] = uptake[:, 1, 1] = 1.0
    colour = torch.zeros(COUNT, DYES, 3)
    colour[:, 0] = torch.tensor([0.70, 0.76, 0.34])
    colour[:, 1] = torch.tensor([0.09, 0.85, 0.28])
    return Recipe(
        uptake=uptake,
        middling=torch.zeros_like(uptake),
        colour=colour,
        saturation=torch.full((COUNT, DYES), 200.0),
        hides=torch.zeros(COUNT, DYES),
        gamma=torch.ones(COUNT),
        blur_px=torch.full((COUNT,), 0.1),
        noise=torch.zeros(COUNT),
        unevenness=torch.zeros(COUNT),
        jpeg=(0,) * COUNT,
    )


def amounts(first: float, second: float) -> torch.Tensor:
    """Return even amounts of two components."""
    planes = torch.tensor([first, second]).view(1, COMPONENTS, 1, 1)
    return planes.expand(COUNT, -1, 32, 40).contiguous()


def stained(planes: torch.Tensor, recipe: Recipe, seed: int = 0) -> torch.Tensor:
    density = stain(planes, recipe, torch.Generator().manual_seed(seed))
    assert density.shape == (COUNT, 3, *planes.shape[-2:])
    return density


def test_nothing_takes_up_nothing(plain: Recipe) -> None:
    assert stained(amounts(0, 0), plain).abs().max() < 1e-6


def test_more_is_denser_in_every_colour(plain: Recipe) -> None:
    little, much = (stained(amounts(amount, 0), plain) for amount in (0.3, 0.6))
    assert (much > little).all()
    torch.testing.assert_close(much, 2 * little, rtol=5e-3, atol=0)


def test_densities_of_dyes_add_up(plain: Recipe) -> None:
    one, other, both = (stained(amounts(*pair), plain) for pair in ((0.5, 0), (0, 0.4), (0.5, 0.4)))
    torch.testing.assert_close(both, one + other, rtol=5e-3, atol=1e-5)


def test_a_dye_that_hides_dims_what_lies_under_it(plain: Recipe) -> None:
    hides = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    density = stained(amounts(0.5, 0.4), replace(plain, hides=hides))
    assert (density[0] < density[1]).all()
    torch.testing.assert_close(
        density[0] - stained(amounts(0, 0.4), plain)[0],
        np.exp(-0.4) * stained(amounts(0.5, 0), plain)[0],
        rtol=1e-2,
        atol=1e-4,
    )


def test_a_dye_saturates(plain: Recipe) -> None:
    saturated = replace(plain, saturation=torch.full((COUNT, DYES), 0.5))
    density = stained(amounts(1.2, 0), saturated)
    assert (density < 0.5 * stained(amounts(1.2, 0), plain)).all()


def test_a_middling_map_is_not_monotone(plain: Recipe) -> None:
    recipe = replace(plain, uptake=torch.zeros_like(plain.uptake), middling=plain.uptake)
    pale, middle, dense = (stained(amounts(a, 0), recipe).mean() for a in (0.05, 0.45, 0.9))
    assert middle > 2 * pale
    assert middle > 2 * dense


def test_blur_softens_an_edge(plain: Recipe) -> None:
    planes = amounts(0, 0)
    planes[:, 0, :, 20:] = 1.0
    density = stained(planes, replace(plain, blur_px=torch.tensor([0.1, 1.2])))
    sharp, soft = density[:, 1, 16].diff().abs().amax(dim=-1)
    assert soft < 0.7 * sharp


def test_jpeg_keeps_shape_and_about_the_density(plain: Recipe) -> None:
    planes = amounts(0.5, 0.2)
    compressed = stained(planes, replace(plain, jpeg=(60, 95)))
    exact = stained(planes, plain)
    assert not torch.equal(compressed, exact)
    torch.testing.assert_close(compressed, exact, atol=0.05, rtol=0.05)


def test_noise_and_unevenness_come_from_the_generator(plain: Recipe) -> None:
    recipe = replace(plain, noise=torch.full((COUNT,), 0.02), unevenness=torch.full((COUNT,), 0.2))
    one, same, other = (stained(amounts(0.5, 0.5), recipe, seed) for seed in (1, 1, 2))
    torch.testing.assert_close(one, same, rtol=0, atol=0)
    assert (one - other).abs().mean() > 0.01


def test_recipes_stain_only_the_components_that_there_are() -> None:
    recipe = draw_recipes(np.random.default_rng(0), (2, 5) * 20, most=6)
    for crop, number in enumerate((2, 5) * 20):
        for map_ in (recipe.uptake, recipe.middling):
            assert not map_[crop, :, number:].any()
        # A counterstain shows the nuclei, even if it is nearly washed out.
        assert 0.12 <= recipe.uptake[crop, 0, 0] <= 1.2
        assert (recipe.uptake[crop, 1] + recipe.middling[crop, 1]).max() >= 0.3
    assert 0 < sum(quality > 0 for quality in recipe.jpeg) < 40


def test_recipes_of_equal_seeds_are_equal() -> None:
    one, same, other = (
        draw_recipes(np.random.default_rng(seed), (3, 3), most=3).uptake for seed in (4, 4, 5)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
