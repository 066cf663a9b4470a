"""A training of SAR-Net as a job: tissue, recipe and folder put together."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sar_models.engine.training.loop import Training
from sar_models.engine.training.recipe import begin
from sar_models.engine.training.sampling import Sampler, Source
from sar_models.stores.lock import lock_file
from sar_models.synthesis import GENERATOR_VERSION
from sar_models.synthesis.stacks import (
    Collection,
    TissueFiles,
    collect_generated,
    collect_slides,
    collect_tiles,
    find_tissue_files,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from sar_models.engine.training.recipe import Recipe

GENERATED_SEEDS = range(1000, 1260)
HELD_OUT = 24
"""How many of the last seeds are for validation."""

_SHARES = {"generated": (0.55, 0.6), "tiles": (0.25, 0.4), "slides": (0.2, 0.0)}
"""Share of the crops that each kind of tissue gets, in training and in validation."""
_STACKS = "stacks"
_LOCK = ".lock"


@contextlib.contextmanager
def scene_training(
    folder: Path, recipe: Recipe, data: Path | None, progress: Callable[[str, float], None]
) -> Iterator[Training]:
    """Yield a training, new or as far as its folder has come; nobody else may train there.

    Parameters
    ----------
    folder : Path
        Missing, empty, or of this very training.
    recipe : Recipe
    data : Path or None
        Folder with tiles in ``hemit`` and slides in ``wsi``; ``None`` trains on generated tissue
        only.
    progress : callable
        Called with the name of the stage and the fraction of it.

    Raises
    ------
    OutputExistsError
        If the folder holds something else.
    InputError
        If it was begun with another recipe or other data, or files of ``data`` are missing or odd.
    ConflictError
        If another process trains there.
    """
    files = None if data is None else find_tissue_files(data)
    begin(folder, recipe, _to_record(files))
    with lock_file(folder / _LOCK, f"the training {str(folder)!r}"):
        collections = _collect(folder / _STACKS, files, progress)
        yield _training(folder, *_samplers(collections), recipe)


@dataclass(frozen=True, eq=False)
class Tissue:
    """What several trainings learn from, collected once.

    Parameters
    ----------
    record : mapping
        JSON values that tell it from any other.
    training, validation : Sampler
    """

    record: Mapping[str, Any]
    training: Sampler
    validation: Sampler


def collect_tissue(
    folder: Path, data: Path | None, count: int, progress: Callable[[str, float], None]
) -> Tissue:
    """Return the tissue that `scene_training` learns from.

    Parameters
    ----------
    folder : Path
        Where generated stacks are kept once they are drawn.
    data : Path or None
    count : int
        Pairs in a batch.
    progress : callable

    Raises
    ------
    InputError
        If files of ``data`` are missing or odd.
    """
    files = None if data is None else find_tissue_files(data)
    samplers = _samplers(_collect(folder, files, progress))
    record = _to_record(files) | {"pairs_in_batch": count}
    return Tissue(record, *(replace(sampler, count=count) for sampler in samplers))


@contextlib.contextmanager
def training_on(tissue: Tissue, folder: Path, recipe: Recipe) -> Iterator[Training]:
    """Yield a training on tissue that was collected before; see `scene_training`.

    Raises
    ------
    OutputExistsError
        If the folder holds something else.
    InputError
        If it was begun with another recipe or other data.
    ConflictError
        If another process trains there.
    """
    begin(folder, recipe, tissue.record)
    with lock_file(folder / _LOCK, f"the training {str(folder)!r}"):
        yield _training(folder, tissue.training, tissue.validation, recipe)


def _training(folder: Path, samples: Sampler, validation: Sampler, recipe: Recipe) -> Training:
    """Return a training whose views are torn as its recipe says."""
    torn = recipe.torn
    return Training(folder, replace(samples, torn=torn), replace(validation, torn=torn), recipe)


def held_out_tissue(
    folder: Path, data: Path | None, progress: Callable[[str, float], None]
) -> Sampler:
    """Return what draws from the tissue that no training learns from.

    Parameters
    ----------
    folder : Path
        Where generated stacks are kept once they are drawn.
    data : Path or None
        As `scene_training` has it; ``None`` for generated tissue only.
    progress : callable
        Called with the name of the stage and the fraction of it.

    Raises
    ------
    InputError
        If files of ``data`` are missing or odd.
    """
    seeds = GENERATED_SEEDS[-HELD_OUT:]
    collections = {"generated": collect_generated(folder, seeds, len(seeds), progress)}
    if data is not None:
        tiles = find_tissue_files(data).tiles
        collections["tiles"] = collect_tiles(tiles, progress, only_held_out=True)
    return _samplers(collections)[1]


def _to_record(files: TissueFiles | None) -> dict[str, Any]:
    generated = {
        "seeds": [GENERATED_SEEDS.start, GENERATED_SEEDS.stop - 1],
        "held_out": HELD_OUT,
        "generator_version": GENERATOR_VERSION,
    }
    return {"generated": generated} | ({} if files is None else files.to_record())


def _collect(
    folder: Path, files: TissueFiles | None, progress: Callable[[str, float], None]
) -> dict[str, Collection]:
    collections = {"generated": collect_generated(folder, GENERATED_SEEDS, HELD_OUT, progress)}
    if files is not None:
        collections["tiles"] = collect_tiles(files.tiles, progress)
        collections["slides"] = collect_slides(files.slides, progress)
    return collections


def _samplers(collections: Mapping[str, Collection]) -> tuple[Sampler, Sampler]:
    """Return what draws from the tissue to learn from, and from the other."""
    training, validation = [], []
    for kind, stacks in collections.items():
        shares = _SHARES[kind]
        training.append(Source(kind, [stack.planes for stack in stacks.training], shares[0]))
        validation.append(Source(kind, [stack.planes for stack in stacks.validation], shares[1]))
    return Sampler(training), Sampler(validation)
