"""Small hand-made stacks of tissue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from sar_models.engine.training.sampling import Sampler, Source
from sar_models.engine.training.views import CROP_PX, Views

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Planes = NDArray[np.uint8]


def smooth_planes(seed: int, shape: tuple[int, int, int, int]) -> Planes:
    """Return smooth amounts from 0 to 1.2, of features about ten pixels wide."""
    noise = np.random.default_rng(seed).normal(size=(shape[0] * shape[1], *shape[2:]))
    blurred = np.array([cv2.GaussianBlur(layer, (0, 0), 4.0) for layer in noise])
    amounts = np.clip(0.5 + 0.35 * blurred / blurred.std(), 0.0, 1.2)
    return (160 * amounts).astype(np.uint8).reshape(shape)


@pytest.fixture(scope="session")
def tissue() -> Callable[..., Planes]:
    """Return a builder of planes ``(S, K, H, W)``: tissue everywhere."""
    return smooth_planes


@pytest.fixture(scope="session")
def sampler() -> Sampler:
    """Two pairs a batch from three stacks of two sections."""
    stacks = [smooth_planes(seed, (2, 3, 200, 220)) for seed in range(3)]
    return Sampler([Source("drawn", stacks, 1.0)], count=2)


@pytest.fixture(scope="session")
def validation() -> Sampler:
    """Two pairs a batch from another stack."""
    return Sampler([Source("drawn", [smooth_planes(9, (2, 3, 200, 220))], 1.0)], count=2)


@pytest.fixture
def lying() -> Views:
    """Three pairs of views that lie on each other as they are, tissue everywhere."""
    grid = F.affine_grid(
        torch.eye(2, 3).repeat(3, 1, 1), [3, 1, CROP_PX, CROP_PX], align_corners=False
    )
    planes = torch.ones(3, 1, CROP_PX, CROP_PX)
    return Views(planes, planes, (1, 1, 1), grid, torch.eye(2).repeat(3, 1, 1), planes)
