"""Views that lose part of their tissue."""

from __future__ import annotations

import numpy as np
import torch

from sar_models.engine.training.tearing import tear


def _torn(count: int) -> list[torch.Tensor]:
    rng = np.random.default_rng(0)
    return [tear(rng, torch.full((2, 64, 64), 0.5)) for _ in range(count)]


def test_tissue_is_kept_as_it_was_or_gone() -> None:
    for planes in _torn(20):
        assert set(planes.unique().tolist()) <= {0.0, 0.5}
        # All components of a place go together.
        assert torch.equal(planes[0], planes[1])


def test_some_views_stay_whole_and_none_loses_nearly_all() -> None:
    glass = np.array([float((planes == 0).float().mean()) for planes in _torn(200)])
    assert 0.25 < (glass == 0).mean() < 0.55
    assert glass.max() < 0.7
    assert glass.max() > 0.5


def test_what_is_lost_hangs_together() -> None:
    there = torch.stack([planes[0] > 0 for planes in _torn(40)]).float()
    across = (there[:, :, 1:] != there[:, :, :-1]).float().mean()
    assert across < 0.05


def test_equal_chance_tears_alike() -> None:
    assert all(torch.equal(a, b) for a, b in zip(_torn(5), _torn(5), strict=True))


def test_no_share_leaves_view_and_chance_alone() -> None:
    rng = np.random.default_rng(3)
    planes = torch.full((2, 64, 64), 0.5)
    assert tear(rng, planes, 0.0) is planes
    # Trainings on whole views draw the same batches as before there were torn ones.
    assert rng.random() == np.random.default_rng(3).random()
