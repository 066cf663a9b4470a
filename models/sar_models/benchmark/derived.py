"""``benchmark derived``: real slides against turned, deformed, restained copies of themselves."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.isolated import MeasuredRun, run_align
from sar_models.benchmark.slides import read_level, workable_level
from sar_models.benchmark.tissue import tissue_grid
from sar_models.benchmark.truth import TruthErrors, truth_errors
from sar_models.domain.geometry import Mpp, level_scale
from sar_models.domain.transforms import Affine, Sequence
from sar_models.stores import open_slide
from sar_models.stores.alignment_folder import read_alignment
from sar_models.synthesis import DeriveOptions, ImageCanvas, derive, write_pyramid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Transform


@dataclass(frozen=True)
class DerivedScore:
    """How one slide was found on its derivative, and what it cost.

    ``errors`` are taken on a grid of tissue points; ``turn_deg`` and ``mirrored`` tell how the
    derivative lies.
    """

    name: str
    seed: int
    turn_deg: float
    mirrored: bool
    errors: TruthErrors
    run: MeasuredRun
    budget_mb: float
    within_budget: bool


@dataclass(frozen=True, eq=False)
class _Derived:
    """A derivative on disk, with what is true about it in level-0 pixels of both files."""

    path: Path
    truth: Transform
    tissue: Points


def score_slides(
    slides: Iterable[Path], seeds: Iterable[int], memory_bytes: int
) -> Iterator[DerivedScore]:
    """Align every slide with a derivative of itself for every seed, and yield the scores.

    Parameters
    ----------
    slides : iterable of Path
    seeds : iterable of int
        Each gives another turn, deformation and stain.
    memory_bytes : int
        Memory budget of the alignment.

    Raises
    ------
    InputError
        If a slide cannot be read, or has no level that is small enough to be derived from.
    """
    for slide in slides:
        for seed in seeds:
            with tempfile.TemporaryDirectory() as folder:
                yield _score(slide, seed, memory_bytes, Path(folder))


def _score(slide: Path, seed: int, memory_bytes: int, folder: Path) -> DerivedScore:
    derived = _derive(slide, seed, folder)
    out = folder / "alignment"
    run = run_align(slide, derived.path, out, ("--memory", str(memory_bytes)))
    alignment = read_alignment(out)
    found = alignment.map(derived.tissue).points
    errors = truth_errors(found, derived.truth.map(derived.tissue), alignment.pair.target)
    pose = Affine.from_linear(
        derived.truth.jacobian(derived.tissue.mean(axis=0, keepdims=True))[0], np.zeros(2)
    )
    budget_mb = memory_bytes / 1e6
    return DerivedScore(
        name=slide.name,
        seed=seed,
        turn_deg=pose.rotation_deg,
        mirrored=pose.mirrored,
        errors=errors,
        run=run,
        budget_mb=budget_mb,
        within_budget=run.peak_memory_mb <= budget_mb,
    )


def _derive(slide: Path, seed: int, folder: Path) -> _Derived:
    with open_slide(slide) as opened:
        info = opened.info
        level = workable_level(info)
        image = read_level(opened, level)
    sx, sy = level_scale(info.size, info.levels[level])
    mpp = None if info.mpp is None else Mpp(info.mpp.x / sx, info.mpp.y / sy)
    # The pyramid is JPEG anyway.
    derivative = derive(image, seed, DeriveOptions(jpeg=False), mpp)
    path = folder / f"{slide.stem}-derived.ome.tif"
    write_pyramid(path, ImageCanvas(derivative.image), derivative.mpp)
    level_from_slide = Affine.scaling(float(sx), float(sy))
    tissue = level_from_slide.inverse().map(tissue_grid(image))
    return _Derived(path, Sequence((level_from_slide, derivative.truth)), tissue)
