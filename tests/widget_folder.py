"""A folder of slides and alignments to review, from generated tissue with known truth."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.domain.alignment import Alignment, Anchors, Outcome, Reason, Risk
from sar_models.domain.geometry import ScalarGrid
from sar_models.domain.provenance import Provenance
from sar_models.domain.slides import SlidePair
from sar_models.domain.transforms import Fragment, Piecewise
from sar_models.stores.alignment_folder import write_alignment
from sar_models.stores.readers import open_slide
from sar_models.synthesis import ImageCanvas, PairOptions, generate_pair, write_pyramid

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.synthesis import GeneratedPair

HOSTILE = "<img src=x onerror=\"document.title='owned'\">"
"""What a slide's name may hold, and no page may run."""


def write_review_folder(
    folder: Path, count: int, *, size_px: int = 1200, mpp: float = 3.0, mark: str = ""
) -> None:
    """Write ``slides/`` with one pair, and ``aligned/`` with ``count`` alignments of it.

    All show the same slides; each has another risk, so that each is a result of its own. ``mark``
    stands in the source's name and in a reason.
    """
    pair = generate_pair(5, PairOptions(size_px=size_px, mpp=mpp, target_stain="cd3"))
    slides = folder / "slides"
    slides.mkdir(parents=True)
    (folder / "aligned").mkdir()
    for name, slide in (("he", pair.source), ("cd3", pair.target)):
        write_pyramid(slides / f"{name}.ome.tif", ImageCanvas(slide.image), slide.mpp)
    reasons = (
        Reason("few-anchors", "Few anchors agree in the smaller piece.", 0.4),
        Reason("stain", f"The stains show different structures{mark}.", 0.2),
    )
    first = _alignment(folder, pair, mark)
    for number in range(count):
        risk = Risk(round(0.9 - 0.8 * number / max(count - 1, 1), 4), reasons)
        write_alignment(folder / "aligned" / f"case-{number:02d}", replace(first, risk=risk))


def write_notebook(path: Path, *cells: str) -> None:
    """Write a notebook of code cells."""
    sheet = {
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{number}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": text,
            }
            for number, text in enumerate(cells)
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(sheet), encoding="utf-8")


def _alignment(folder: Path, pair: GeneratedPair, mark: str) -> Alignment:
    truth = pair.truth
    assert truth is not None
    infos = []
    for name in ("he", "cd3"):
        with open_slide(folder / "slides" / f"{name}.ome.tif") as slide:
            infos.append(replace(slide.info, uri=f"{name}.ome.tif"))
    infos[0] = replace(infos[0], name=f"he{mark}")
    pieces, lost = _cut(pair.tissue)
    moved = [shapely.transform(p.segmentize(8.0), truth.map).buffer(0) for p in pieces]
    points = pair.landmarks
    mapped = truth.map(points) + np.random.default_rng(3).normal(0, 3, points.shape)
    wrong = np.arange(len(points)) % 9 == 4
    mapped[wrong] += 60.0
    owner = np.full(len(points), -1)
    for index, piece in enumerate(pieces):
        owner[shapely.contains_xy(piece, *points.T)] = index
    kept = owner >= 0
    steps = np.full(2, pair.source.size.width / 8)
    across = np.linspace(0.95, 0.35, 9)[None].repeat(9, axis=0)
    return Alignment(
        pair=SlidePair(*infos),
        outcome=Outcome.PARTIAL,
        transform=Piecewise(
            tuple(
                Fragment(f"tissue-{n}", piece, image, truth, 0.97 - 0.2 * n, int(kept.sum()), 3.0)
                for n, (piece, image) in enumerate(zip(pieces, moved, strict=True), start=1)
            ),
            (lost,),
            (shapely.transform(lost.segmentize(8.0), truth.map).buffer(0),),
            40.0,
            40.0,
        ),
        risk=Risk(0.5),
        anchors=Anchors(points[kept], mapped[kept], ~wrong[kept], owner[kept].astype(np.intp)),
        sigma=ScalarGrid.constant(4.0),
        confidence=ScalarGrid(np.zeros(2), steps, across),
        tissue_source=pair.tissue,
        tissue_target=shapely.MultiPolygon(moved),
        provenance=Provenance(seed=5, created="2026-01-01T00:00:00+00:00"),
    )


def _cut(tissue: shapely.Polygon) -> tuple[list[shapely.Polygon], shapely.Polygon]:
    """Return two pieces and a lost one: the tissue in three parts."""
    left, top, right, bottom = tissue.bounds
    first, second = left + 0.55 * (right - left), left + 0.86 * (right - left)
    parts = [
        _largest(tissue & shapely.box(a, top, b, bottom))
        for a, b in ((left, first), (first, second), (second, right))
    ]
    return parts[:2], parts[2]


def _largest(geometry: shapely.Geometry) -> shapely.Polygon:
    return max(shapely.get_parts(geometry), key=lambda part: part.area)
