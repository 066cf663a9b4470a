"""What a training of an anchored network is, and what it learns from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sar_models.engine.anchored.paired import PairedNet
from sar_models.engine.anchored.pooled import PooledNet
from sar_models.engine.training.anchored.episodes import (
    PAPER_WORLD,
    WIDE_WORLD,
    without_perturbation,
)

if TYPE_CHECKING:
    from sar_models.engine.training.anchored.episodes import World

Form: TypeAlias = Literal["paired", "pooled"]
"""``paired``: ours, which keeps anchors paired. ``pooled``: the paper's descriptor."""


@dataclass(frozen=True)
class AnchoredRecipe:
    """How long and from what to train."""

    form: Form = "paired"
    steps: int = 3000
    """The rate falls to nothing over all of them: fewer are another training, not a part of it."""
    rate: float = 2e-3
    seed: int = 0
    """Of the network's first weights, of every batch, and of the validation."""
    every: int = 250
    """Steps between validations, each of which is also a checkpoint."""
    perturbation: bool = True
    """Whether anchors are off by some pixels, as the paper has it."""
    lgn: bool = True
    """Whether the pooled network gets local geometry-aware negatives; the paired one has none."""


@dataclass(frozen=True)
class Plan:
    """Size of the batches of a form, and the number of anchors in them.

    Parameters
    ----------
    episodes, points : int
        In a batch, and points of each episode.
    anchors : tuple of int
        Fewest and most in a group.
    """

    episodes: int
    points: int
    anchors: tuple[int, int]


PLANS: dict[Form, Plan] = {"paired": Plan(48, 16, (3, 15)), "pooled": Plan(8, 48, (4, 10))}
STEPS: dict[Form, int] = {"paired": 3000, "pooled": 500}
RATES: dict[Form, float] = {"paired": 2e-3, "pooled": 1e-3}


def recipe_for(
    form: Form,
    steps: int | None = None,
    seed: int = 0,
    *,
    perturbation: bool = True,
    lgn: bool = True,
) -> AnchoredRecipe:
    """Return the recipe of a form; ``None`` steps are as many as the weights that ship took."""
    count = STEPS[form] if steps is None else steps
    return AnchoredRecipe(form, count, RATES[form], seed, 250, perturbation, lgn)


def world_of(recipe: AnchoredRecipe) -> World:
    """Return the made-up tissue that a training learns from."""
    world = WIDE_WORLD if recipe.form == "paired" else PAPER_WORLD
    return world if recipe.perturbation else without_perturbation(world)


def data_record(recipe: AnchoredRecipe) -> dict[str, Any]:
    """Return JSON values that tell what a training learns from."""
    return {"coordinates": asdict(world_of(recipe)), "batch": asdict(PLANS[recipe.form])}


def network_of(form: Form) -> PairedNet | PooledNet:
    """Return a new network of a form."""
    return PairedNet() if form == "paired" else PooledNet()
