"""Figures of an ablation: over seeds, and against the whole network."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from sar_models.benchmark.intervals import Interval, over_seeds
from sar_models.benchmark.scene.ablation import RISE, AblationRun
from sar_models.benchmark.scene.variants import FULL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Figure:
    """A figure of a run: what it is called, how it is worked out, and whether less is better."""

    title: str
    of: Callable[[AblationRun], float]
    less_is_better: bool = True


FIGURES = MappingProxyType(
    {
        "neighbour_ratio": Figure(
            "stains over places", lambda run: run.validation["neighbour_ratio"]
        ),
        "structures": Figure("structures loss", lambda run: run.validation["structures"]),
        "points": Figure("points loss", lambda run: run.validation["points"]),
        "alignment": Figure("alignment loss", lambda run: run.validation["alignment"]),
        "error": Figure("error, % of diagonal", lambda run: 100 * run.error(0.0)),
        "shifted_error": Figure(
            "error under the strongest gamma, %", lambda run: 100 * run.error(RISE[-1])
        ),
        "found": Figure(
            "poses found, all strengths, %",
            lambda run: 100 * sum(run.found(s) for s in (0.0, *RISE)) / (1 + len(RISE)),
            less_is_better=False,
        ),
    }
)
"""Figures by name."""


@dataclass(frozen=True)
class VariantFigures:
    """Figures of a variant over its seeds, by name.

    ``against_full`` are differences from the whole network of the same seed, which saw the same
    batches: of it, they are zero.
    """

    variant: str
    figures: dict[str, Interval]
    against_full: dict[str, Interval]


def figures_of(runs: Sequence[AblationRun]) -> list[VariantFigures]:
    """Return the figures of every variant, in the order of the runs.

    Parameters
    ----------
    runs : sequence of AblationRun
        The whole network among them with every seed.
    """
    full = {run.seed: run for run in runs if run.variant == FULL}
    found = []
    for variant in dict.fromkeys(run.variant for run in runs):
        own = [run for run in runs if run.variant == variant]
        found.append(
            VariantFigures(
                variant,
                {name: over_seeds([f.of(run) for run in own]) for name, f in FIGURES.items()},
                {
                    name: over_seeds([f.of(run) - f.of(full[run.seed]) for run in own])
                    for name, f in FIGURES.items()
                },
            )
        )
    return found
