"""Pairs of pyramids of any size from one generated pair: for measuring time and memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.errors import OptionError
from sar_models.domain.geometry import Mpp, Size
from sar_models.domain.transforms import Sequence
from sar_models.synthesis.canvas import ImageCanvas
from sar_models.synthesis.pyramid import PyramidOptions, write_pyramid

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.domain.transforms import Transform
    from sar_models.synthesis.pairs import GeneratedPair, GeneratedSlide


@dataclass(frozen=True)
class ScaledPair:
    """Two files and the true ``target_from_source`` between their level-0 pixels."""

    source: Path
    target: Path
    source_mpp: Mpp
    target_mpp: Mpp
    truths: tuple[Transform, ...]


def write_scaled_pair(
    folder: Path,
    pair: GeneratedPair,
    megapixels: float,
    options: PyramidOptions | None = None,
) -> ScaledPair:
    """Write a generated pair as pyramids of about ``megapixels`` each, the tissue's size kept.

    Level 0 is enlarged from the pair's pictures tile by tile, so 1 000 megapixels need no more
    memory than one.

    Parameters
    ----------
    folder : Path
        Existing folder; ``source`` and ``target`` are written into it.
    pair : GeneratedPair
        The pair, drawn at any size.
    megapixels : float
        Wanted size of the source in 10^6 pixels; the target keeps its proportion to it.
    options : PyramidOptions or None
        How to store them.

    Raises
    ------
    OptionError
        If ``megapixels`` is not positive.
    OutputExistsError
        If a file is there already.
    """
    options = options or PyramidOptions()
    if not (np.isfinite(megapixels) and megapixels > 0):
        raise OptionError(f"megapixels is {megapixels!r}, expected a positive number")
    factor = float(np.sqrt(megapixels * 1e6 / (pair.source.size.width * pair.source.size.height)))
    suffix = ".ome.tif" if options.flavour == "ome" else ".svs"
    source, source_mpp = _enlarged(pair.source, factor)
    target, target_mpp = _enlarged(pair.target, factor)
    source_path, target_path = folder / f"source{suffix}", folder / f"target{suffix}"
    write_pyramid(source_path, source, source_mpp, options)
    write_pyramid(target_path, target, target_mpp, options)
    image_from_source = source.shown_from_image.inverse()
    truths = tuple(
        Sequence((image_from_source, truth, target.shown_from_image)) for truth in pair.truths
    )
    return ScaledPair(source_path, target_path, source_mpp, target_mpp, truths)


def _enlarged(slide: GeneratedSlide, factor: float) -> tuple[ImageCanvas, Mpp]:
    size = Size(max(round(slide.size.width * factor), 1), max(round(slide.size.height * factor), 1))
    canvas = ImageCanvas(slide.image, size)
    scale = canvas.shown_from_image.linear.diagonal()
    return canvas, Mpp(slide.mpp.x / float(scale[0]), slide.mpp.y / float(scale[1]))
