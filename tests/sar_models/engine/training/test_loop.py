"""Trainings in slices, on batches of two pairs."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch

from sar_models.domain.errors import EngineError, InputError
from sar_models.engine.training import loop
from sar_models.engine.training.checkpoint import BEST_NAME, CHECKPOINT_NAME, load_network
from sar_models.engine.training.history import read_history
from sar_models.engine.training.loop import Training
from sar_models.engine.training.losses import LossWeights, total
from sar_models.engine.training.recipe import Recipe
from sar_models.engine.training.samples import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sar_models.engine.training.sampling import Sampler

    Open = Callable[..., Training]

RECIPE = Recipe(steps=4, every=2, validation_batches=1)


@pytest.fixture
def opened(sampler: Sampler, validation: Sampler) -> Open:
    """Return a function that opens a training in a folder."""

    def open_training(folder: Path, recipe: Recipe = RECIPE) -> Training:
        folder.mkdir(exist_ok=True)
        return Training(folder, sampler, validation, recipe)

    return open_training


def ignore(step: int, losses: dict[str, float]) -> None:
    """Report to nobody."""


def weights(training: Training) -> torch.Tensor:
    return torch.cat([value.flatten() for value in training.network.state_dict().values()])


def test_slices_give_what_one_run_gives(tmp_path: Path, opened: Open) -> None:
    whole = opened(tmp_path / "whole")
    steps: list[int] = []
    assert whole.run(math.inf, lambda step, losses: steps.append(step))
    assert steps == [1, 2, 3, 4]
    for done in (1, 2, 3, 4):
        torch.manual_seed(100 + done)  # chance elsewhere
        part = opened(tmp_path / "sliced")
        assert part.run(0, ignore) == (done == 4)
        assert part.step == done
    assert torch.equal(weights(part), weights(whole))
    assert part.best == whole.best
    assert read_history(tmp_path / "sliced") == read_history(tmp_path / "whole")


def test_what_is_written_down(tmp_path: Path, opened: Open) -> None:
    training = opened(tmp_path)
    training.run(math.inf, ignore)
    history = read_history(tmp_path)
    assert [row["step"] for row in history] == [1, 2, 3, 4]
    assert [row["step"] for row in history if "validation" in row] == [2, 4]
    assert set(history[0]["training"]) == set(vars(LossWeights()))
    first = history[1]
    assert first["best"] is True
    figures = first["validation"]
    assert first["score"] == pytest.approx(figures["structures"] + 0.1 * figures["points"])
    files = {path.name for path in tmp_path.iterdir()}
    assert files == {CHECKPOINT_NAME, BEST_NAME, "metrics.jsonl"}


def test_a_finished_training_has_nothing_to_do(tmp_path: Path, opened: Open) -> None:
    opened(tmp_path).run(math.inf, ignore)
    before = (tmp_path / CHECKPOINT_NAME).stat().st_mtime_ns
    again = opened(tmp_path)
    assert again.done
    assert again.run(math.inf, ignore)
    assert (tmp_path / CHECKPOINT_NAME).stat().st_mtime_ns == before


def test_the_best_network_is_kept(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = iter([2.0, 1.0, 3.0])
    at_validation: list[torch.Tensor] = []
    training = opened(tmp_path, replace(RECIPE, steps=3, every=1))

    def given(network: Any, batches: Any) -> dict[str, float]:
        at_validation.append(weights(training))
        return {"structures": next(scores), "points": 0.0}

    monkeypatch.setattr(loop, "validate", given)
    training.run(math.inf, ignore)
    assert training.best == 1.0
    assert [row["best"] for row in read_history(tmp_path)] == [True, True, False]
    load_network(tmp_path / BEST_NAME, training.network)
    assert torch.equal(weights(training), at_validation[1])


def test_an_interrupted_training_goes_on_from_its_checkpoint(tmp_path: Path, opened: Open) -> None:
    whole = opened(tmp_path / "whole")
    whole.run(math.inf, ignore)

    def interrupt(step: int, losses: dict[str, float]) -> None:
        if step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        opened(tmp_path / "cut").run(math.inf, interrupt)
    rest = opened(tmp_path / "cut")
    assert rest.step == 2
    rest.run(math.inf, ignore)
    assert torch.equal(weights(rest), weights(whole))
    assert read_history(tmp_path / "cut") == read_history(tmp_path / "whole")


def test_the_checkpoint_of_another_network_is_refused(tmp_path: Path, opened: Open) -> None:
    opened(tmp_path).run(0, ignore)
    with pytest.raises(InputError, match="belongs to another network"):
        opened(tmp_path, replace(RECIPE, norm="batch"))


def test_a_damaged_checkpoint_is_refused(tmp_path: Path, opened: Open) -> None:
    (tmp_path / CHECKPOINT_NAME).write_bytes(b"not a checkpoint at all")
    with pytest.raises(InputError, match="cannot be read"):
        opened(tmp_path)


def test_another_seed_is_another_training(tmp_path: Path, opened: Open) -> None:
    one, other = (opened(tmp_path / str(s), replace(RECIPE, seed=s)) for s in (0, 1))
    assert not torch.equal(weights(one), weights(other))


def test_training_lowers_the_loss(
    tmp_path: Path, opened: Open, sampler: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = sampler.batch(0, 0)
    monkeypatch.setattr(type(sampler), "batch", lambda *_: batch)
    totals: list[float] = []

    def add(step: int, losses: dict[str, float]) -> None:
        tensors = {name: torch.tensor(loss) for name, loss in losses.items()}
        totals.append(float(total(tensors, LossWeights())))

    opened(tmp_path, replace(RECIPE, steps=12, every=12, rate=0.05)).run(math.inf, add)
    assert totals[-1] < 0.8 * totals[0]


def test_losses_that_are_no_numbers_end_the_training(tmp_path: Path, opened: Open) -> None:
    training = opened(tmp_path)
    with torch.no_grad():
        training.network.scene_encoder.structure.weight.fill_(math.nan)
    with pytest.raises(EngineError, match="broke down at step 1"):
        training.run(math.inf, ignore)
    assert not (tmp_path / CHECKPOINT_NAME).exists()


def test_the_number_of_threads_comes_back(tmp_path: Path, opened: Open) -> None:
    during: list[int] = []
    before = torch.get_num_threads()
    torch.set_num_threads(before + 1)
    try:
        opened(tmp_path).run(0, lambda step, losses: during.append(torch.get_num_threads()))
        assert during == [1]
        assert torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)


def test_samples_are_pictures_of_held_out_views(tmp_path: Path, opened: Open) -> None:
    training = opened(tmp_path)
    assert training.samples().shape == (2, len(COLUMNS), 128, 128, 3)
    training.run(math.inf, ignore)
    pictures = training.samples()
    # Whatever was trained, the views are the same; what is made of them is that of the best.
    views = training.validation.batch(10**9, 0)
    light = (255 * torch.exp(-views.first)).round().byte().permute(0, 2, 3, 1).numpy()
    assert (pictures[:, 0] == light).all()
    assert pictures.std(axis=(2, 3, 4)).min() > 0
