"""Torn pairs to try: small values for a worker, which makes, aligns and scores them."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np
import tifffile

from sar_models.benchmark.isolated import run_align
from sar_models.benchmark.slides import read_level, workable_level
from sar_models.benchmark.torn.ceilings import measure_ceilings
from sar_models.benchmark.torn.cells import cells_of
from sar_models.benchmark.torn.region_scores import score_regions
from sar_models.benchmark.torn.results import TornResult
from sar_models.benchmark.torn.score import score_alignment
from sar_models.domain.geometry import Size, level_scale
from sar_models.stores import open_slide
from sar_models.stores.alignment_folder import read_alignment
from sar_models.synthesis import REAL_MPP, generate_torn_pair, tear_real_pair

if TYPE_CHECKING:
    from sar_models.benchmark.landmarks import LandmarkPair
    from sar_models.domain.geometry import Points
    from sar_models.synthesis import GeneratedSlide, TornOptions, TornPair
    from sar_models.synthesis.imaging import Image

_THUMBNAIL_PX = 1000
_FOREIGN_PX = 300


class TornTrial(Protocol):
    """One torn pair to try."""

    @property
    def name(self) -> str:
        """Which one."""
        ...

    def run(self) -> TornResult:
        """Make the pair, align it by the command line, score it."""
        ...


@dataclass(frozen=True)
class GeneratedTorn:
    """A generated pair: seed and options make it again."""

    seed: int
    options: TornOptions
    ceilings: bool
    regions: int = 0

    @property
    def name(self) -> str:
        """Seed of the pair."""
        return f"seed {self.seed}"

    def run(self) -> TornResult:
        """Generate, align, score."""
        pair = generate_torn_pair(self.seed, self.options)
        return _tried(self.name, pair, human=False, ceilings=self.ceilings, regions=self.regions)


@dataclass(frozen=True, eq=False)
class RealTorn:
    """A real pair with human landmarks, both of its sections torn alike."""

    pair: LandmarkPair
    seed: int
    options: TornOptions
    foreign: Path | None
    ceilings: bool
    regions: int = 0

    @property
    def name(self) -> str:
        """Name of the pair and seed of its tears."""
        return f"{self.pair.name}, seed {self.seed}"

    def run(self) -> TornResult:
        """Tear, align, score."""
        source, source_points = _read(self.pair.source, self.pair.source_points)
        target, target_points = _read(self.pair.target, self.pair.target_points)
        foreign = None if self.foreign is None else _read_foreign(self.foreign)
        pair = tear_real_pair(
            source, target, source_points, target_points, self.seed, self.options, foreign
        )
        return _tried(self.name, pair, human=True, ceilings=self.ceilings, regions=self.regions)


def _tried(name: str, pair: TornPair, *, human: bool, ceilings: bool, regions: int) -> TornResult:
    cells = cells_of(pair)
    with tempfile.TemporaryDirectory() as folder:
        source, target = (Path(folder) / f"{side}.ome.tif" for side in ("source", "target"))
        write_slide(source, pair.source)
        write_slide(target, pair.target)
        out = Path(folder) / "alignment"
        run = run_align(source, target, out)
        alignment = read_alignment(out)
        score = score_alignment(pair, alignment, cells)
        carried = score_regions(pair, alignment, regions) if regions else ()
    reached = measure_ceilings(pair, cells, human=human) if ceilings else None
    return TornResult(name, score, reached, run, carried)


def write_slide(path: Path, slide: GeneratedSlide) -> None:
    """Write the pixels of a slide as they are, with their size: its JPEG is part of the picture."""
    unit = {"PhysicalSizeXUnit": "µm", "PhysicalSizeYUnit": "µm"}
    metadata = {"axes": "YXS", "PhysicalSizeX": slide.mpp.x, "PhysicalSizeY": slide.mpp.y, **unit}
    tifffile.imwrite(path, slide.image, photometric="rgb", tile=(256, 256), metadata=metadata)


def _read(path: Path, points: Points) -> tuple[Image, Points]:
    """Return a slide at thumbnail scale, and level-0 points in its pixels."""
    with open_slide(path) as slide:
        size = slide.info.size
        image = read_level(slide, workable_level(slide.info))
    factor = min(_THUMBNAIL_PX / max(image.shape[:2]), 1.0)
    image = _resized(image, factor)
    return image, points * level_scale(size, Size(image.shape[1], image.shape[0]))


def _read_foreign(path: Path) -> Image:
    """Return a slide of other tissue at the pixel size that torn real pairs are said to have."""
    with open_slide(path) as slide:
        level = workable_level(slide.info)
        image = read_level(slide, level)
        mpp = slide.info.mpp
        shrink = float(level_scale(slide.info.size, slide.info.levels[level]).mean())
    if mpp is None:
        return _resized(image, _FOREIGN_PX / max(image.shape[:2]))
    return _resized(image, mpp.mean / shrink / REAL_MPP)


def _resized(image: Image, factor: float) -> Image:
    if factor == 1.0:
        return image
    width, height = (max(round(side * factor), 1) for side in (image.shape[1], image.shape[0]))
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
