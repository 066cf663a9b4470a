"""``benchmark ablation``: what each loss of SAR-Net and its norm are worth, at an equal budget."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sar_models.benchmark.scene.networks import network_of
from sar_models.benchmark.scene.registering import LOST
from sar_models.benchmark.scene.shift import ShiftRow, run_shift, shift_jobs
from sar_models.benchmark.scene.variants import VARIANTS
from sar_models.engine.training.history import read_history
from sar_models.engine.training.validation import validate
from sar_models.jobs.training import training_on
from sar_models.stores.atomic import atomic_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sar_models.jobs.training import Tissue

RISE = (0.5, 1.0)
"""Strengths of the rising change of intensity, `sar_models.benchmark.scene.distortions`."""
RISING = "gamma"

_FIGURES = "figures.json"
_COMMON_SEED = 2 * 10**9
_COMMON_BATCHES = 8
"""Held-out batches that all variants and seeds are judged on."""
_PAIR_SEED = 7
_VERSION = 1


@dataclass(frozen=True)
class AblationRun:
    """One training, judged.

    Parameters
    ----------
    variant : str
    seed : int
    validation : dict of str to float
        Every loss and figure of `sar_models.engine.training.validation.validate` on tissue that
        was not learned from, the same for all runs.
    rows : tuple of ShiftRow
        Registrations of generated pairs by the scene alone.
    scene_distance : tuple of (int, float)
        Step and distance of the scenes of two stains on other tissue, from the first validation on.
    trained_distance : tuple of float
        The same in training, at every step; empty where the loss was left out.
    """

    variant: str
    seed: int
    validation: dict[str, float]
    rows: tuple[ShiftRow, ...]
    scene_distance: tuple[tuple[int, float], ...]
    trained_distance: tuple[float, ...]

    def error(self, strength: float) -> float:
        """Return the median error of the registrations at a strength, share of the diagonal."""
        return float(np.median([row.error for row in self.rows if row.strength == strength]))

    def found(self, strength: float) -> float:
        """Return the share of pairs whose pose was found at a strength."""
        errors = [row.pose for row in self.rows if row.strength == strength]
        return float(np.mean([error < LOST for error in errors]))


def run_folder(folder: Path, variant: str, seed: int) -> Path:
    """Return the folder of one training."""
    return folder / f"{variant.replace(' ', '-')}-{seed}"


def run_ablation(
    tissue: Tissue,
    folder: Path,
    steps: int,
    seeds: Sequence[int],
    pairs: int,
    workers: int,
    progress: Callable[[str, float], None],
) -> Iterator[AblationRun]:
    """Train and judge every variant with every seed; what is done already is not done again.

    Parameters
    ----------
    tissue : Tissue
    folder : Path
        Of all runs, each in a folder of its own.
    steps : int
        Of every training.
    seeds : sequence of int
    pairs : int
        Generated pairs that every network registers.
    workers : int
        Registrations at a time.
    progress : callable
        Called with what is done and the fraction of all.

    Raises
    ------
    InputError
        If a folder was begun with other steps or other data.
    """
    runs = [(seed, variant) for seed in seeds for variant in VARIANTS]
    for number, (seed, variant) in enumerate(runs):
        own = run_folder(folder, variant, seed)

        def report(name: str, done: float, at: int = number, told: str = own.name) -> None:
            progress(f"{name} {told}", (at + done) / len(runs))

        with training_on(tissue, own, VARIANTS[variant].recipe(steps, seed)) as training:
            report("training", 0.0)
            training.run(math.inf, lambda step, losses: report("training", 0.7 * step / steps))
        report("judging", 0.7)
        yield _judged(tissue, own, variant, seed, pairs, workers)


def _judged(
    tissue: Tissue, folder: Path, variant: str, seed: int, pairs: int, workers: int
) -> AblationRun:
    """Return what a training is worth, from its file if it was judged in the same way before."""
    asked = {"version": _VERSION, "pairs": pairs, "batches": _COMMON_BATCHES, "rise": list(RISE)}
    path = folder / _FIGURES
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["asked"] == asked:
            return _run_of(variant, seed, kept, folder)
        path.unlink()
    batches = [tissue.validation.batch(_COMMON_SEED, index) for index in range(_COMMON_BATCHES)]
    jobs = shift_jobs(pairs, _PAIR_SEED, (RISING,), ("scene",), folder, RISE)
    rows = [row for found in run_shift(jobs, workers) for row in found]
    kept = {
        "asked": asked,
        "validation": validate(network_of(folder), batches),
        "rows": [asdict(row) for row in rows],
    }
    with atomic_file(path) as partial:
        partial.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return _run_of(variant, seed, kept, folder)


def _run_of(variant: str, seed: int, kept: dict[str, Any], folder: Path) -> AblationRun:
    history = read_history(folder)
    return AblationRun(
        variant,
        seed,
        kept["validation"],
        tuple(ShiftRow(**row) for row in kept["rows"]),
        tuple((r["step"], r["validation"]["scene"]) for r in history if "validation" in r),
        tuple(r["training"]["scene"] for r in history if "scene" in r["training"]),
    )
