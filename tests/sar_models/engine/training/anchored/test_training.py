"""Trainings of anchored networks: episodes, losses, slices, weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from sar_models.domain.errors import ConflictError, EngineError, InputError
from sar_models.engine.anchored.paired import PairedNet
from sar_models.engine.anchored.pooled import PooledNet
from sar_models.engine.anchored.rigid import fit_rigid
from sar_models.engine.training.anchored import loop
from sar_models.engine.training.anchored.episodes import (
    PAPER_WORLD,
    REGIMES,
    WIDE_WORLD,
    Episodes,
    World,
    draw_episodes,
    without_perturbation,
)
from sar_models.engine.training.anchored.export import best_anchored, export_anchored, is_anchored
from sar_models.engine.training.anchored.loop import anchored_training
from sar_models.engine.training.anchored.losses import paired_losses, pooled_losses
from sar_models.engine.training.anchored.negatives import mirrored_negatives
from sar_models.engine.training.anchored.recipe import recipe_for, world_of
from sar_models.engine.training.history import read_history

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.engine.training.anchored.recipe import Form


def drawn(world: World, count: int = 6, anchors: int = 8) -> Episodes:
    return draw_episodes(np.random.default_rng(5), count, anchors, 10, world)


def ignore(step: int, losses: dict[str, float]) -> None:
    """Report to nobody."""


@pytest.mark.parametrize("name", ["rigid", "perturbed", "50 % wrong"])
def test_what_is_not_bent_or_torn_is_rigid(name: str) -> None:
    episodes = drawn(REGIMES[name])
    ones = torch.ones(6, 10)
    rigid = fit_rigid(episodes.points, episodes.places, ones)
    mapped = type(rigid)(*(part[:, None] for part in rigid)).map(episodes.points)
    assert (mapped - episodes.places).abs().max() < 0.01
    placed = type(rigid)(*(part[:, None] for part in rigid)).map(episodes.source)
    off = (placed - episodes.target).abs().amax(-1)
    most = 0.01 if name == "rigid" else 5.01
    assert off[episodes.right].max() < most
    assert episodes.right.sum(1).tolist() == [4 if name == "50 % wrong" else 8] * 6
    if name == "50 % wrong":
        assert off[~episodes.right].median() > 30


@pytest.mark.parametrize("name", ["smooth", "torn"])
def test_what_is_bent_or_torn_is_not(name: str) -> None:
    episodes = drawn(REGIMES[name])
    rigid = fit_rigid(episodes.points, episodes.places, torch.ones(6, 10))
    mapped = type(rigid)(*(part[:, None] for part in rigid)).map(episodes.points)
    assert (mapped - episodes.places).norm(dim=-1).mean() > 3


def test_calm_episodes_are_calm() -> None:
    calm = World(perturbation_px=(5, 5), smooth_px=(9, 9), tears=(2, 2), wrong_share=(1, 1), calm=1)
    episodes = drawn(calm)
    rigid = fit_rigid(episodes.points, episodes.places, torch.ones(6, 10))
    mapped = type(rigid)(*(part[:, None] for part in rigid)).map(episodes.source)
    assert (mapped - episodes.target).abs().max() < 0.01
    assert episodes.right.all()


def test_negatives_lie_as_far_on_the_other_side_of_the_nearest_anchors() -> None:
    anchors = torch.tensor([[[0.0, 0.0], [10.0, 0.0], [-10.0, 0.0], [20.0, 0.0]]])
    points = torch.tensor([[[2.0, 7.0]]])
    assert torch.allclose(mirrored_negatives(points, anchors), torch.tensor([[[2.2, -7.7]]]))


def test_losses_fall_where_the_answer_is_known() -> None:
    torch.manual_seed(0)
    network = PooledNet()
    without = pooled_losses(network, drawn(PAPER_WORLD), lgn=False)
    with_lgn = pooled_losses(network, drawn(PAPER_WORLD), lgn=True)
    assert with_lgn["loss"] > without["loss"]
    assert 0 <= without["found"] <= 1
    ours = PairedNet()
    easy = paired_losses(ours, drawn(REGIMES["rigid"]))
    hard = paired_losses(ours, drawn(REGIMES["50 % wrong"]))
    assert easy["loss"] < hard["loss"]
    assert easy["median_px"] < 0.01


@pytest.mark.parametrize("form", ["paired", "pooled"])
def test_slices_give_what_one_run_gives(tmp_path: Path, form: Form) -> None:
    recipe = recipe_for(form, 3, 1)
    with anchored_training(tmp_path / "whole", recipe) as whole:
        assert whole.run(math.inf, ignore)
    for done in (1, 2, 3):
        torch.manual_seed(100 + done)  # chance elsewhere
        with anchored_training(tmp_path / "sliced", recipe) as part:
            assert part.run(0, ignore) == (done == 3)
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, part.network.state_dict()[name]), name
    one, other = (read_history(tmp_path / name) for name in ("whole", "sliced"))
    assert one == other
    assert len(one) == 3
    digests = [
        export_anchored(tmp_path / name, tmp_path / f"{name}.safetensors")["sha256"]
        for name in ("whole", "sliced")
    ]
    assert digests[0] == digests[1]
    best = best_anchored(tmp_path / "whole").state_dict()
    stored = load_file(tmp_path / "whole.safetensors")
    assert all(torch.equal(stored[name], value) for name, value in best.items())


def test_training_learns(tmp_path: Path) -> None:
    recipe = recipe_for("paired", 60, 0)
    with anchored_training(tmp_path / "training", recipe) as training:
        training.run(math.inf, ignore)
    losses = [row["training"]["loss"] for row in read_history(tmp_path / "training")]
    assert np.mean(losses[-15:]) < np.mean(losses[:15]) - 0.5


def test_a_folder_belongs_to_one_recipe_and_one_process(tmp_path: Path) -> None:
    folder = tmp_path / "training"
    with anchored_training(folder, recipe_for("pooled", 2)) as training:
        with pytest.raises(ConflictError), anchored_training(folder, training.recipe):
            pass
        with pytest.raises(InputError, match="no best network yet"):
            best_anchored(folder)
    other = anchored_training(folder, recipe_for("pooled", 2, 1))
    with pytest.raises(InputError, match=r"recipe\.seed 0, not 1"), other:
        pass
    assert is_anchored(folder)


def test_other_trainings_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text('{"version": 1, "recipe": {"norm": "instance"}}')
    assert not is_anchored(tmp_path)
    with pytest.raises(InputError, match="not one of an anchored network"):
        best_anchored(tmp_path)


def test_a_training_that_breaks_down_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> dict[str, torch.Tensor]:
        return {"loss": torch.tensor(math.nan, requires_grad=True)}

    monkeypatch.setattr(loop, "paired_losses", broken)
    begun = anchored_training(tmp_path / "training", recipe_for("paired", 2))
    with begun as training, pytest.raises(EngineError, match="broke down at step 1"):
        training.run(math.inf, ignore)


def test_worlds_of_recipes() -> None:
    assert world_of(recipe_for("paired")) == WIDE_WORLD
    assert world_of(recipe_for("pooled")) == PAPER_WORLD
    assert world_of(recipe_for("pooled", perturbation=False)) == without_perturbation(PAPER_WORLD)
