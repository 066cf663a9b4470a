"""The demo: generated slides through the whole product, compared with the truth."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from sar_models.domain.errors import OutputExistsError
from sar_models.domain.transfer import TransferResult, Verdict, transfer
from sar_models.engine import AlignOptions
from sar_models.jobs import PairRun, run_pair
from sar_models.stores.geojson import write_geojson
from sar_models.synthesis import (
    DEMO,
    DEMO_SEED,
    ImageCanvas,
    PairOptions,
    generate_pair,
    write_pyramid,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sar_models.domain.transforms import Transform
    from sar_models.synthesis import GeneratedPair

SOURCE_NAME, TARGET_NAME = "he.ome.tif", "panck.ome.tif"


@dataclass(frozen=True)
class DemoScore:
    """Truth against result of a generated pair.

    Parameters
    ----------
    true_turn_deg, found_turn_deg : float
        Mean turn over the landmarks; NaN when nothing was found.
    true_mirrored, found_mirrored : bool
    landmark_median_um, landmark_worst_um : float
        Distance of mapped landmarks from their true places; infinite where unmapped.
    annotations, annotations_mapped : int
    annotation_iou : float
        Median overlap of transferred outlines with the true ones; 0 for one that was lost.
    """

    true_turn_deg: float
    found_turn_deg: float
    true_mirrored: bool
    found_mirrored: bool
    landmark_median_um: float
    landmark_worst_um: float
    annotations: int
    annotations_mapped: int
    annotation_iou: float

    def to_record(self) -> dict[str, Any]:
        """Return the figures as JSON values; what is unknown or infinite as ``None``."""
        return {
            name: value if not isinstance(value, float) or np.isfinite(value) else None
            for name, value in asdict(self).items()
        }


def run_demo(
    folder: Path,
    seed: int | None,
    size_px: int,
    progress: Callable[[str, float], None],
    *,
    overwrite: bool = False,
) -> tuple[PairRun, DemoScore]:
    """Generate a pair, write its slides and annotations, align, transfer and compare.

    Parameters
    ----------
    folder : Path
        Gets the slides, the annotations, their true counterparts and ``alignment/``.
    seed : int or None
        Seed of the tissue; `DEMO_SEED` when ``None``.
    size_px : int
        Long side of the source slide, pixels.
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
    progress("growing tissue and staining it", 0.0)
    pair = generate_pair(DEMO_SEED if seed is None else seed, _options(size_px))
    progress("writing pyramids", 0.4)
    source, target = _write_slides(folder, pair)
    write_geojson(folder / "he.geojson", pair.annotations)
    write_geojson(folder / "panck-true.geojson", pair.counterparts())
    run = run_pair(
        source,
        target,
        folder / "alignment",
        AlignOptions(),
        lambda stage, done: progress(stage, 0.5 + 0.45 * done),
        overwrite=overwrite,
    )
    progress("transferring annotations", 0.95)
    result = transfer(pair.annotations, run.alignment)
    write_geojson(folder / "panck.geojson", result.annotations)
    return run, score_demo(pair, run, result)


def _options(size_px: int) -> PairOptions:
    """Return the demo's options at another size: the same tissue in larger or smaller pixels."""
    return replace(DEMO, size_px=size_px, mpp=DEMO.mpp * DEMO.size_px / size_px)


def _write_slides(folder: Path, pair: GeneratedPair) -> tuple[Path, Path]:
    paths = (folder / SOURCE_NAME, folder / TARGET_NAME)
    for path, slide in zip(paths, (pair.source, pair.target), strict=True):
        path.unlink(missing_ok=True)
        write_pyramid(path, ImageCanvas(slide.image), slide.mpp)
    return paths


def score_demo(pair: GeneratedPair, run: PairRun, result: TransferResult) -> DemoScore:
    """Compare alignment and transferred annotations with the truth of the pair."""
    truth = pair.truths[0]
    alignment = run.alignment
    found = alignment.map(pair.landmarks).points
    distance = np.linalg.norm(found - truth.map(pair.landmarks), axis=1) * pair.target.mpp.mean
    distance = np.where(np.isfinite(distance), distance, np.inf)
    true_turn, true_mirrored = _turn(truth, pair.landmarks)
    found_turn, found_mirrored = _turn(alignment.transform, pair.landmarks)
    mapped = sum(report.verdict is Verdict.MAPPED for report in result.reports)
    return DemoScore(
        true_turn,
        found_turn,
        true_mirrored,
        found_mirrored,
        float(np.median(distance)),
        float(np.max(distance)),
        len(pair.annotations),
        mapped,
        _median_iou(pair, result),
    )


def _turn(transform: Transform, where: np.ndarray) -> tuple[float, bool]:
    """Return the mean turn in degrees over points, and mirroring; NaN where undefined."""
    jacobians = transform.jacobian(where)
    jacobians = jacobians[np.isfinite(jacobians).all(axis=(1, 2))]
    if len(jacobians) == 0:
        return float("nan"), False
    linear = jacobians.mean(axis=0)
    mirrored = bool(np.linalg.det(linear) < 0)
    if mirrored:
        linear = linear @ np.diag([-1.0, 1.0])
    angle = np.arctan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1])
    return float(np.degrees(angle)), mirrored


def _median_iou(pair: GeneratedPair, result: TransferResult) -> float:
    moved = {annotation.id: annotation.geometry for annotation in result.annotations}
    overlaps = []
    for true in pair.counterparts():
        shape = moved.get(true.id)
        if shape is None:
            overlaps.append(0.0)
            continue
        together = shapely.union(shape, true.geometry).area
        overlaps.append(shapely.intersection(shape, true.geometry).area / together)
    return float(np.median(overlaps))
