"""What each part of SAR2Net's paper is worth, on its own task in small."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.intervals import Interval, over_seeds
from sar_models.benchmark.retrieval.sheets import draw_sheet, overlap_of
from sar_models.engine.anchored.pooled import PooledNet
from sar_models.engine.anchored.retriever import estimator_named
from sar_models.engine.anchored.voting import (
    DescriptorVote,
    PlaceVote,
    find_region,
    find_region_twice,
)
from sar_models.engine.training.anchored.export import best_anchored
from sar_models.engine.training.anchored.loop import anchored_training
from sar_models.engine.training.anchored.recipe import recipe_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sar_models.benchmark.retrieval.sheets import TornSheet
    from sar_models.engine.anchored.voting import Vote
    from sar_models.engine.training.anchored.recipe import AnchoredRecipe

WHOLE = "two rounds"
_TRAINED = {
    WHOLE: (True, True),
    "without LGN": (True, False),
    "without perturbation": (False, True),
}
"""Whether anchors are perturbed in training, and whether it has local geometry-aware negatives."""
ONE_ROUND = "one round"
_OTHERS = ("mls-rigid", "consensus-mls", "paired")
RIGHT_IOU = 0.75
PAPER_MIOU = {"without perturbation": 0.847, "without LGN": 0.888, ONE_ROUND: 0.891, WHOLE: 0.899}
"""On its private biopsies."""


@dataclass(frozen=True)
class AblationRow:
    """A variant over all seeds, Student's interval; ``success`` is the share with IoU >= 0.75."""

    variant: str
    miou: Interval
    success: Interval
    against_whole: Interval


@dataclass(frozen=True)
class _Run:
    variant: str
    seed: int
    iou: tuple[float, ...]


def run_ablation(
    folder: Path, seeds: int, sheets: int, steps: int | None, progress: Callable[[str, float], None]
) -> list[AblationRow]:
    """Train the paper's network whole and without its parts, and find regions on torn sheets.

    Trainings that are done are not done again. Sheets differ from seed to seed and are the same for
    all variants of one.

    Parameters
    ----------
    folder : Path
        Of the trainings.
    seeds, sheets : int
        Trainings of every variant, and sheets for each of them.
    steps : int or None
        Of every training; ``None`` for as many as the weights that ship took.
    progress : callable
    """
    runs: list[_Run] = []
    for seed in range(seeds):
        drawn = [draw_sheet(seed, index) for index in range(sheets)]
        for number, (variant, (perturbation, lgn)) in enumerate(_TRAINED.items()):
            progress(f"{variant}, seed {seed}", (seed + number / (len(_TRAINED) + 1)) / seeds)
            recipe = recipe_for("pooled", steps, seed, perturbation=perturbation, lgn=lgn)
            vote = DescriptorVote(_trained(folder, variant, recipe))
            runs.append(_run(variant, seed, drawn, vote))
            if variant == WHOLE:
                runs.append(_run(ONE_ROUND, seed, drawn, vote))
        for name in _OTHERS:
            vote_by_place = PlaceVote(estimator_named(name))
            runs.append(_run(f"{name}, {WHOLE}", seed, drawn, vote_by_place))
    return _rows(runs)


def _run(variant: str, seed: int, drawn: Sequence[TornSheet], vote: Vote) -> _Run:
    found = []
    for each in drawn:
        anchors = each.source, each.target
        if variant == ONE_ROUND:
            mask = find_region(each.sheet, *anchors, vote)
        else:
            mask = find_region_twice(each.sheet, *anchors, vote, each.denser)
        found.append(overlap_of(mask, each.truth))
    return _Run(variant, seed, tuple(found))


def _trained(folder: Path, variant: str, recipe: AnchoredRecipe) -> PooledNet:
    own = folder / f"{variant.replace(' ', '-')}-{recipe.seed}"
    with anchored_training(own, recipe) as training:
        training.run(math.inf, lambda step, losses: None)
    network = best_anchored(own)
    assert isinstance(network, PooledNet)  # that is the form of its recipe
    return network


def _rows(runs: Sequence[_Run]) -> list[AblationRow]:
    whole = [float(np.mean(run.iou)) for run in runs if run.variant == WHOLE]
    rows = []
    for variant in dict.fromkeys(run.variant for run in runs):
        own = [np.array(run.iou) for run in runs if run.variant == variant]
        miou = np.array([iou.mean() for iou in own])
        success = [float((iou >= RIGHT_IOU).mean()) for iou in own]
        rows.append(
            AblationRow(variant, over_seeds(miou), over_seeds(success), over_seeds(miou - whole))
        )
    return rows
