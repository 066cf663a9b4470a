"""Tissue and networks as small as they go."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from sar_models.engine.scene.network import SarNet
from sar_models.engine.training.sampling import Sampler, Source


@pytest.fixture(scope="session")
def network() -> SarNet:
    """A network that learned nothing."""
    torch.manual_seed(0)
    return SarNet().eval()


@pytest.fixture(scope="session")
def sampler() -> Sampler:
    """Two places a batch from a stack of tissue everywhere."""
    noise = np.random.default_rng(0).normal(size=(6, 200, 220))
    blurred = np.array([cv2.GaussianBlur(layer, (0, 0), 4.0) for layer in noise])
    amounts = np.clip(0.5 + 0.35 * blurred / blurred.std(), 0.0, 1.2)
    planes = (160 * amounts).astype(np.uint8).reshape(2, 3, 200, 220)
    return Sampler([Source("drawn", [planes], 1.0)], count=2)
