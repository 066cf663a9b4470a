"""The demo: a torn biopsy through the whole product, compared with the truth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sar_models.benchmark.demo_score import DemoScore, score_demo
from sar_models.benchmark.torn.annotations import true_counterparts
from sar_models.domain.errors import OutputExistsError
from sar_models.domain.transfer import transfer
from sar_models.engine import AlignOptions
from sar_models.jobs import PairRun, run_pair
from sar_models.jobs.slide_ref import SlideRef
from sar_models.stores.geojson import write_geojson
from sar_models.synthesis import ImageCanvas, TornOptions, generate_torn_pair, write_pyramid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sar_models.synthesis import TornPair

SOURCE_NAME, TARGET_NAME = "he.ome.tif", "panck.ome.tif"

DEMO = TornOptions(
    pieces=5,
    source_arrangement="whole",
    mirrored_share=0.4,
    target_lost=1,
    source_lost=0,
    target_controls=1,
    source_controls=0,
    size_px=4800,
    mpp=0.9,
    organ="colon",
    outline="resection",
    target_stain="panck",
    overlap=False,
    folds=False,
    jpeg=False,
)
"""The demo's pair: about 3 mm of tissue, HE and cytokeratin. The second section came apart: every
piece is turned by its own angle, some lie upside down, one is lost, and a control lies beside."""

DEMO_SEED = 4
"""A seed with a tumour, lymphoid aggregates and fat, and a mirrored piece that is not lost."""


def run_demo(
    folder: Path,
    seed: int | None,
    size_px: int,
    progress: Callable[[str, float], None],
    *,
    overwrite: bool = False,
) -> tuple[PairRun, DemoScore]:
    """Generate a torn pair, write its slides and annotations, align, transfer and compare.

    Parameters
    ----------
    folder : Path
        Gets the slides, the annotations, their true counterparts and ``alignment/``.
    seed : int or None
        Seed of the tissue; `DEMO_SEED` when ``None``.
    size_px : int
        Nominal long side of the slides, pixels.
    progress : callable
        Called with the name of the stage and the fraction done in [0, 1].
    overwrite : bool
        Replace what an earlier demo left in ``folder``.

    Raises
    ------
    OutputExistsError
        If ``folder`` holds something and ``overwrite`` is not set.
    """
    if folder.exists() and any(folder.iterdir()) and not overwrite:
        raise OutputExistsError(
            f"The folder {str(folder)!r} is not empty",
            remedy="Choose another one, or add --overwrite.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    progress("growing tissue, tearing and staining it", 0.0)
    pair = generate_torn_pair(DEMO_SEED if seed is None else seed, _options(size_px))
    progress("writing pyramids", 0.4)
    source, target = _write_slides(folder, pair)
    write_geojson(folder / "he.geojson", pair.annotations)
    write_geojson(folder / "panck-true.geojson", true_counterparts(pair))
    run = run_pair(
        SlideRef(str(source)),
        SlideRef(str(target)),
        folder / "alignment",
        AlignOptions(),
        lambda stage, done: progress(stage, 0.5 + 0.45 * done),
        overwrite=overwrite,
    )
    progress("transferring annotations", 0.95)
    result = transfer(pair.annotations, run.alignment)
    write_geojson(folder / "panck.geojson", result.annotations)
    return run, score_demo(pair, run.alignment, result)


def _options(size_px: int) -> TornOptions:
    """Return the demo's options at another size: the same tissue in larger or smaller pixels."""
    return replace(DEMO, size_px=size_px, mpp=DEMO.mpp * DEMO.size_px / size_px)


def _write_slides(folder: Path, pair: TornPair) -> tuple[Path, Path]:
    paths = (folder / SOURCE_NAME, folder / TARGET_NAME)
    for path, slide in zip(paths, (pair.source, pair.target), strict=True):
        path.unlink(missing_ok=True)
        write_pyramid(path, ImageCanvas(slide.image), slide.mpp)
    return paths
