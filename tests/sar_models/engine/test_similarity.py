"""Local correlation of one image, and of several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from sar_models.engine.contrast import shift_contrast
from sar_models.engine.sampling import as_tensor
from sar_models.engine.similarity import LocalCorrelation

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Images = NDArray[np.float32]

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def images(drawn: Callable[..., Any]) -> tuple[Images, Images]:
    """Two dyes of one section, ``(2, H, W)``, and those of another one."""
    return tuple(drawn(seed).dyes[:, 100:300, 80:320] for seed in (3, 6))


def correlation(fixed: Images, moving: Images) -> Images:
    found = LocalCorrelation.with_fixed(as_tensor(fixed, CPU)).map(as_tensor(moving, CPU))
    assert found.shape == (1, 1, *fixed.shape[-2:])
    return found[0, 0].numpy()


def test_an_image_is_like_itself_and_unlike_its_inverse(images: tuple[Images, Images]) -> None:
    image = images[0][1]
    same, inverse = correlation(image, image), correlation(image, 1 - image)
    np.testing.assert_allclose(inverse, -same, atol=1e-3)
    # Flat places count little, whatever they are compared with.
    assert -0.001 < same.min() < 0.1
    assert 0.9 < np.percentile(same, 90) <= same.max() <= 1.001
    assert abs(correlation(image, images[1][1]).mean()) < 0.3


def test_several_images_correlate_as_they_do_on_average(images: tuple[Images, Images]) -> None:
    fixed, moving = images
    each = [correlation(one, two) for one, two in zip(fixed, moving, strict=True)]
    assert np.abs(each[0] - each[1]).max() > 0.1
    np.testing.assert_allclose(correlation(fixed, moving), np.mean(each, axis=0), atol=1e-5)


def test_an_image_given_twice_counts_once(images: tuple[Images, Images]) -> None:
    one, two = (image[:1] for image in images)
    twice = correlation(np.repeat(one, 2, axis=0), np.repeat(two, 2, axis=0))
    np.testing.assert_allclose(twice, correlation(one, two), atol=1e-6)


def test_how_bright_one_image_is_does_not_change_what_the_other_says(
    images: tuple[Images, Images],
) -> None:
    bright = np.array([1.0, 40.0], dtype=np.float32)[:, None, None]
    fixed, moving = images
    np.testing.assert_allclose(
        correlation(bright * fixed, bright * moving), correlation(fixed, moving), atol=2e-2
    )


def test_the_loss_weighs_each_place_once_however_many_images(
    images: tuple[Images, Images],
) -> None:
    fixed, moving = images
    weight = np.zeros(fixed.shape[-2:], dtype=np.float32)
    weight[50:120, 40:200] = 1.0
    model = LocalCorrelation.with_fixed(as_tensor(fixed, CPU))
    loss = model.loss(as_tensor(moving, CPU), as_tensor(weight, CPU))
    expected = 1 - correlation(fixed, moving)[weight > 0].mean()
    assert float(loss) == pytest.approx(expected, abs=1e-5)


def test_contrast_is_measured_on_several_images_together(images: tuple[Images, Images]) -> None:
    fixed = images[0]
    weight = np.ones(fixed.shape[-2:], dtype=np.float32)
    one, two, both = (shift_contrast(f, f, weight, CPU) for f in (fixed[0], fixed[1], fixed))
    assert one.contrast != pytest.approx(two.contrast, abs=1e-3)
    assert both.contrast == pytest.approx((one.contrast + two.contrast) / 2, abs=1e-4)
    assert both.local.shape == both.weight.shape == one.local.shape
    np.testing.assert_allclose(both.local, (one.local + two.local) / 2, atol=1e-4)
