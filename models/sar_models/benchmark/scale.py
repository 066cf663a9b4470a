"""``benchmark scale``: time and memory against the size of the slides."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sar_models.benchmark.isolated import MeasuredRun, run_align
from sar_models.benchmark.truth import TruthErrors, truth_errors
from sar_models.domain.geometry import level_scale
from sar_models.domain.transforms import Affine
from sar_models.stores.alignment_folder import read_alignment
from sar_models.synthesis import PairOptions, generate_pair, write_scaled_pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sar_models.synthesis import GeneratedPair

DRAWN_PX = 2000
"""Long side at which the section is drawn before it is enlarged."""

_LONG_SIDE_UM = 8000.0


@dataclass(frozen=True)
class ScaleScore:
    """What aligning a pair of pyramids of one size cost, and how well it went.

    ``megapixels`` are those asked for; ``source_px`` and ``target_px`` what level 0 of either file
    has, ``file_mb`` the size of both files.
    """

    megapixels: float
    source_px: int
    target_px: int
    mpp: float
    file_mb: float
    write_seconds: float
    errors: TruthErrors
    run: MeasuredRun
    budget_mb: float
    within_budget: bool


def score_sizes(
    megapixels: Iterable[float], seed: int, memory_bytes: int, drawn_px: int = DRAWN_PX
) -> Iterator[ScaleScore]:
    """Write the same section in every size, align it with its neighbour, and yield the scores.

    The tissue stays as large as it is; level 0 is scanned finer and finer, as with a stronger
    objective. What registration needs to see is thus the same at every size.

    Parameters
    ----------
    megapixels : iterable of float
        Sizes of the source in 10^6 pixels.
    seed : int
        Seed of the pair: the neighbour is turned, deformed, stained otherwise.
    memory_bytes : int
        Memory budget of the alignment.
    drawn_px : int
        Long side at which the pair is drawn before it is enlarged.
    """
    options = PairOptions(size_px=drawn_px, mpp=_LONG_SIDE_UM / drawn_px, jpeg=False)
    pair = generate_pair(seed, options)
    for size in megapixels:
        with tempfile.TemporaryDirectory() as folder:
            yield _score(pair, size, memory_bytes, Path(folder))


def _score(pair: GeneratedPair, megapixels: float, memory_bytes: int, folder: Path) -> ScaleScore:
    started = time.perf_counter()
    files = write_scaled_pair(folder, pair, megapixels)
    write_seconds = time.perf_counter() - started
    out = folder / "alignment"
    run = run_align(files.source, files.target, out, ("--memory", str(memory_bytes)))
    alignment = read_alignment(out)
    source, target = alignment.pair.source, alignment.pair.target
    sx, sy = level_scale(pair.source.size, source.size)
    landmarks = Affine.scaling(float(sx), float(sy)).map(pair.landmarks)
    truth = files.truths[0].map(landmarks)
    budget_mb = memory_bytes / 1e6
    return ScaleScore(
        megapixels=megapixels,
        source_px=source.size.width * source.size.height,
        target_px=target.size.width * target.size.height,
        mpp=files.source_mpp.mean,
        file_mb=(files.source.stat().st_size + files.target.stat().st_size) / 1e6,
        write_seconds=write_seconds,
        errors=truth_errors(alignment.map(landmarks).points, truth, target),
        run=run,
        budget_mb=budget_mb,
        within_budget=run.peak_memory_mb <= budget_mb,
    )
