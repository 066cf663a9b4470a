"""Figures on tissue that was not trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from sar_models.engine.scene.network import SarNet
from sar_models.engine.training.losses import Batch, LossWeights
from sar_models.engine.training.validation import validate

if TYPE_CHECKING:
    from sar_models.engine.training.sampling import Sampler
    from sar_models.engine.training.views import Views


def test_figures_are_means_over_batches(validation: Sampler) -> None:
    torch.manual_seed(0)
    network = SarNet()
    batches = [validation.batch(0, step) for step in range(2)]
    each = [validate(network, [batch]) for batch in batches]
    both = validate(network, batches)
    assert set(both) == {*vars(LossWeights()), "neighbour_ratio"}
    for name in set(both) - {"points"}:  # whose places are drawn anew
        assert both[name] == pytest.approx((each[0][name] + each[1][name]) / 2, rel=1e-4)
    assert network.training


def test_stains_count_less_than_places_where_they_change_nothing(
    sampler: Sampler, lying: Views
) -> None:
    torch.manual_seed(0)
    network = SarNet()
    picture = torch.cat([sampler.batch(0, 0).first, sampler.batch(0, 1).first[:1]])
    same, beside = (
        validate(network, [Batch(picture, other, lying)])["neighbour_ratio"]
        for other in (picture, picture.roll(8, dims=-1))
    )
    assert same < 1e-4
    assert beside == pytest.approx(1, abs=0.3)
