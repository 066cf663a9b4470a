"""Means over squares of pixels."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter

from sar_models.engine.sampling import box_mean


@settings(deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    channels=st.integers(1, 3),
    radius=st.integers(0, 12),
    seed=st.integers(0, 99),
)
def test_means_are_over_what_of_a_square_lies_in_the_picture(
    height: int, width: int, channels: int, radius: int, seed: int
) -> None:
    images = np.random.default_rng(seed).normal(5.0, 2.0, (channels, height, width))
    found = box_mean(torch.from_numpy(images.astype(np.float32))[None], radius)
    side = (1, 2 * radius + 1, 2 * radius + 1)
    sums, counts = (
        uniform_filter(values, side, mode="constant") for values in (images, np.ones_like(images))
    )
    np.testing.assert_allclose(found[0].numpy(), sums / counts, rtol=1e-4, atol=1e-4)


def test_each_pixel_counts_once_in_every_mean_around_it() -> None:
    image = torch.zeros((1, 1, 9, 11), requires_grad=True)
    box_mean(image, 2)[0, 0, 4, 5].backward()
    assert image.grad is not None
    expected = torch.zeros(9, 11)
    expected[2:7, 3:8] = 1 / 25
    torch.testing.assert_close(image.grad[0, 0], expected)
