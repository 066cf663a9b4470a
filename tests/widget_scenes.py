"""Pairs that widgets are tested on: drawn by formula, with known truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import Polygon, box

from sar_models.domain.alignment import Alignment, Anchors, Outcome, Quality, Reason, Risk
from sar_models.domain.geometry import Mpp, ScalarGrid, Size
from sar_models.domain.provenance import Provenance
from sar_models.domain.slides import SlidePair
from sar_models.domain.transforms import Affine, Displacement, Fragment, Piecewise, Sequence
from sar_models.stores.alignment_folder import write_alignment
from sar_models.synthesis.procedural import ProceduralSlide

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.domain.slides import Slide, SlideInfo

SIZE = Size(4000, 3000)


@dataclass(frozen=True, eq=False)
class WidgetScene:
    """An alignment with its slides."""

    alignment: Alignment
    source: ProceduralSlide
    target: ProceduralSlide

    def opener(self, info: SlideInfo) -> Slide:
        """Return a fresh slide of a record, as opening a file would."""
        slide = self.source if info.name == self.source.info.name else self.target
        fresh = ProceduralSlide(info.name, info.size, info.mpp, place=slide._place)
        return fresh


def bent(size: Size, bend_px: float = 30.0) -> Sequence:
    """Return a turn after a smooth field that covers a slide and its surroundings."""
    side = max(size.width, size.height)
    y, x = np.mgrid[0:25, 0:25] / 24.0
    bend = bend_px * np.stack([np.sin(5 * y + x), np.cos(4 * x - y)], axis=-1)
    field = Displacement(np.full(2, -0.5 * side), np.full(2, 2.0 * side / 24), bend)
    centre = size.as_array() / 2
    turn = Affine.from_similarity(np.deg2rad(9), 1.02)
    about = Affine.translation(centre) @ turn @ Affine.translation(-centre)
    return Sequence((field, about))


def widget_scene(
    name: str = "he", size: Size = SIZE, *, risk: float = 0.3, mpp: Mpp | None = None
) -> WidgetScene:
    """Return two pieces under one bent map; a third lies on the source alone."""
    transform = bent(size, 0.0075 * size.width)
    w, h = size.width, size.height
    pieces = [
        Polygon(
            [(0.12 * w, 0.2 * h), (0.5 * w, 0.15 * h), (0.48 * w, 0.8 * h), (0.2 * w, 0.7 * h)]
        ),
        box(0.58 * w, 0.25 * h, 0.8 * w, 0.6 * h),
    ]
    lost = box(0.6 * w, 0.7 * h, 0.72 * w, 0.85 * h)
    moved = [shapely.transform(p.segmentize(w / 100), transform.map) for p in pieces]
    slides = [
        ProceduralSlide(f"{name} source", size, mpp, place=transform.map),
        ProceduralSlide(f"{name} target", size, mpp),
    ]
    points = np.array([[0.3 * w, 0.4 * h], [0.4 * w, 0.6 * h], [0.7 * w, 0.4 * h]])
    alignment = Alignment(
        pair=SlidePair(slides[0].info, slides[1].info),
        outcome=Outcome.ALIGNED,
        transform=Piecewise(
            tuple(
                Fragment(f"tissue-{n}", piece, image, transform, 0.9 - 0.2 * n, 3, 1.5)
                for n, (piece, image) in enumerate(zip(pieces, moved, strict=True), start=1)
            ),
            (lost,),
            (),
            0.01 * w,
            0.01 * w,
        ),
        risk=Risk(risk, (Reason("few", "Few anchors agree.", 0.4),)),
        anchors=Anchors(
            points,
            transform.map(points) + np.array([[3.0, 0], [0, 2], [60, 0]]),
            np.array([True, True, False]),
            np.array([0, 0, 1]),
        ),
        quality=Quality({}),
        sigma=ScalarGrid.constant(6.0),
        confidence=ScalarGrid.constant(0.8),
        tissue_source=shapely.MultiPolygon([*pieces, lost]),
        tissue_target=shapely.MultiPolygon(moved),
        provenance=Provenance(seed=7, created="2026-01-01T00:00:00+00:00"),
    )
    return WidgetScene(alignment, slides[0], slides[1])


def folder_of(path: Path, count: int) -> list[WidgetScene]:
    """Write ``count`` alignments of falling risk below ``path``; return their scenes."""
    scenes = []
    for number in range(count):
        scene = widget_scene(
            f"case {number}", Size(900, 700), risk=round(0.9 - 0.8 * number / count, 3)
        )
        write_alignment(path / f"case-{number:03d}", scene.alignment)
        scenes.append(scene)
    return scenes
