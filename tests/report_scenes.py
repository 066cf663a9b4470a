"""Pairs of slides with known truth, drawn by formula: what reports are tested on."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.ndimage import gaussian_filter, map_coordinates, zoom

from sar_models.domain.alignment import (
    Alignment,
    Anchors,
    Outcome,
    Placement,
    Quality,
    Reason,
    Risk,
    failed_alignment,
)
from sar_models.domain.annotations import Annotation
from sar_models.domain.geometry import Mpp, Region, ScalarGrid, Size
from sar_models.domain.provenance import Provenance
from sar_models.domain.slides import SlideInfo, SlidePair
from sar_models.domain.transforms import Affine, Displacement, Fragment, Piecewise, Sequence
from sar_models.report import SlideView

if TYPE_CHECKING:
    from numpy.typing import NDArray

DOWNSAMPLE = 32.0
QUARTER = Mpp(0.25, 0.25)
WHITE = np.array([243.0, 242.0, 244.0])
HE = np.array([[0.65, 0.70, 0.29], [0.07, 0.75, 0.40]])
IHC = np.array([[0.60, 0.55, 0.25], [0.25, 0.50, 0.75]])


@dataclass(frozen=True, eq=False)
class Scene:
    """An alignment with views of both slides."""

    alignment: Alignment
    source: SlideView
    target: SlideView

    @property
    def parts(self) -> tuple[Alignment, SlideView, SlideView]:
        """What the report takes."""
        return self.alignment, self.source, self.target

    def with_alignment(self, **changes: object) -> Scene:
        """Return the same views under a changed alignment."""
        return replace(self, alignment=replace(self.alignment, **changes))


def scene(side: int = 320, *, mpp: Mpp | None = QUARTER, angle_deg: float = 35.0) -> Scene:
    """Return tissue of two pieces, aligned, on views of ``side`` by three quarters of it."""
    shape = (round(side * 0.75), side)
    size = Size(round(shape[1] * DOWNSAMPLE), round(shape[0] * DOWNSAMPLE))
    transform = _transform(size, angle_deg)
    pieces = [_blob(size, 0.36, 0.52, 0.26, 1), _blob(size, 0.74, 0.40, 0.16, 2)]
    moved = [shapely.transform(p.segmentize(size.width / 200), transform.map) for p in pieces]
    tissue = shapely.MultiPolygon(pieces)
    fields = _fields(shape, tissue)
    view = SlideView(_stained(fields, HE, 1), Affine.scaling(DOWNSAMPLE, DOWNSAMPLE))
    pulled = _pulled(fields, transform, shape)
    target = SlideView(_stained(pulled, IHC, 2), view.slide_from_view)
    fragments = tuple(
        Fragment(f"tissue-{n}", piece, image, transform, confidence, count, 14.0)
        for n, (piece, image, confidence, count) in enumerate(
            zip(pieces, moved, (0.94, 0.71), (180, 46), strict=True), start=1
        )
    )
    pair = SlidePair(_info("biopsy-17 HE.svs", size, mpp), _info("biopsy-17 CD3.svs", size, mpp))
    alignment = Alignment(
        pair=pair,
        outcome=Outcome.ALIGNED,
        transform=Piecewise(fragments, (), (), 2000.0, 2000.0),
        risk=Risk(
            0.12,
            (
                Reason("few-anchors", "Few anchors in the smaller piece.", 0.4),
                Reason("stain", "The stains show different structures.", 0.2),
            ),
        ),
        anchors=_anchors(pieces, transform),
        quality=Quality(
            {"shift_contrast": 0.123, "pose_margin": 1.42, "overlap": 0.97, "folding": 0.0}
        ),
        sigma=_grid(size, 20.0, 120.0),
        confidence=_grid(size, 0.97, 0.35),
        tissue_source=tissue,
        tissue_target=shapely.MultiPolygon(moved),
        provenance=Provenance(
            versions={"sar-align": "0.1.0", "numpy": "2.4.6", "torch": "2.13.0"},
            weights={"scene.safetensors": "sha256:" + "4f" * 32},
            options={"mode": "auto", "memory_bytes": 4_000_000_000, "source_roi": None},
            seed=7,
            slides={"source": pair.source.checksum, "target": pair.target.checksum},
            created="2026-01-01T12:00:00+00:00",
            seconds=14.2,
        ),
    )
    return Scene(alignment, view, target)


def partial_scene(side: int = 320) -> Scene:
    """Return the scene with its smaller piece lost: unpaired on both slides."""
    whole = scene(side)
    first, second = whole.alignment.fragments
    return whole.with_alignment(
        outcome=Outcome.PARTIAL,
        transform=Piecewise((first,), (second.source,), (second.target,), 2000.0, 2000.0),
        risk=Risk(0.34, (Reason("lost", "A piece has no counterpart.", 1.0),)),
    )


def torn_scene(side: int = 320) -> Scene:
    """Return the scene torn: the smaller piece turned over and moved off, tissue lost around it."""
    whole = scene(side)
    first, second = whole.alignment.fragments
    size = whole.alignment.pair.source.size.as_array()
    there = size * (0.84, 0.80)
    flip = Affine.from_similarity(1.2, 1.0, (0.0, 0.0), mirror=True)
    own = (
        Affine.translation(there)
        @ flip
        @ Affine.translation(-np.array(second.source.centroid.coords[0]))
    )
    moved = replace(second, transform=own, target=shapely.transform(second.source, own.map))
    beside = second.source.buffer(0.03 * size[0]) - second.source - first.source
    return whole.with_alignment(
        transform=Piecewise((first, moved), (beside,), (), 2000.0, 2000.0),
    )


def ambiguous_scene(side: int = 320) -> Scene:
    """Return the scene with two placements and nothing mapped."""
    whole = scene(side)
    turn = _affine(whole.alignment.pair.source.size, 35.0)
    tissue = whole.alignment.tissue_source
    placements = tuple(
        Placement(move @ turn, score, shapely.transform(tissue, (move @ turn).map))
        for move, score in (
            (Affine.identity(), 0.41),
            (Affine.translation([0.09 * whole.alignment.pair.source.size.width, 0.0]), 0.40),
        )
    )
    return whole.with_alignment(
        outcome=Outcome.AMBIGUOUS,
        placements=placements,
        risk=Risk(0.5, (Reason("two", "Two places fit equally well.", 1.0),)),
    )


def failed_scene(side: int = 320, failure: str = "no pose of the tissue fits") -> Scene:
    """Return the scene as one that could not be aligned."""
    whole = scene(side)
    alignment = failed_alignment(
        whole.alignment.pair,
        failure,
        (Reason("no-pose", "The best pose fits hardly better than a shifted one.", 1.0),),
        tissue_source=whole.alignment.tissue_source,
        tissue_target=whole.alignment.tissue_target,
        quality=Quality({"shift_contrast": 0.011}),
        provenance=whole.alignment.provenance,
    )
    return replace(whole, alignment=alignment)


def self_scene(side: int = 320) -> Scene:
    """Return a slide on itself: the perfect alignment."""
    whole = scene(side)
    tissue = whole.alignment.tissue_source
    fragment = Fragment("tissue", tissue, tissue, Affine.identity(), 1.0)
    aligned = whole.with_alignment(
        transform=Piecewise((fragment,), (), (), 1e6, 1e6), tissue_target=tissue
    )
    return replace(aligned, target=whole.source)


def annotations(scene: Scene) -> tuple[tuple[Annotation, ...], tuple[Annotation, ...]]:
    """Return a tumour and a gland on the source, and both on the target."""
    source = []
    for piece, name in zip(scene.alignment.fragments, ("Tumor", "Gland"), strict=False):
        x, y = piece.source.centroid.coords[0]
        shape = shapely.Point(x, y).buffer(1 / 20 * scene.alignment.pair.source.size.width)
        shape -= shapely.Point(x, y).buffer(0.02 * scene.alignment.pair.source.size.width)
        source.append(Annotation(uuid.UUID(int=len(source)), shape, classification=(name,)))
    target = tuple(
        replace(a, geometry=shapely.transform(a.geometry, piece.transform.map))
        for a, piece in zip(source, scene.alignment.fragments, strict=False)
    )
    return tuple(source), target


def _info(name: str, size: Size, mpp: Mpp | None) -> SlideInfo:
    levels = tuple(Size(size.width // f, size.height // f) for f in (1, 4, 16))
    return SlideInfo(
        uri=f"/data/patients/{name}",
        name=name,
        size=size,
        levels=levels,
        mpp=mpp,
        bounds=Region(10, 20, size.width // 2, size.height // 2),
        reader="tiffslide",
        checksum="sha256:" + "ab" * 32,
        stain=name.split()[-1].removesuffix(".svs"),
    )


def _affine(size: Size, angle_deg: float) -> Affine:
    """Return a turn about the middle of the slide."""
    middle = size.as_array() / 2
    turn = Affine.from_similarity(np.deg2rad(angle_deg))
    return Affine.translation(middle) @ turn @ Affine.translation(-middle)


def _transform(size: Size, angle_deg: float) -> Sequence:
    y, x = np.mgrid[0:14, 0:14] / 13.0
    bend = 0.012 * size.width * np.stack([np.sin(9 * x + 5 * y), np.cos(8 * y - 4 * x)], axis=-1)
    spacing = np.full(2, size.width / 7.0)
    field = Displacement(np.full(2, -size.width / 2), spacing, bend)
    return Sequence((field, _affine(size, angle_deg)))


def _blob(size: Size, x: float, y: float, radius: float, seed: int) -> shapely.Polygon:
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    waves = np.random.default_rng(seed).normal(0, 0.07, (5, 2))
    wobble = sum(
        a * np.cos(k * angle) + b * np.sin(k * angle) for k, (a, b) in enumerate(waves, start=2)
    )
    r = radius * size.height * (1 + wobble)
    ring = np.column_stack(
        [x * size.width + r * np.cos(angle), y * size.height + r * np.sin(angle)]
    )
    return shapely.Polygon(ring)


def _fields(shape: tuple[int, int], tissue: shapely.MultiPolygon) -> NDArray[np.float64]:
    """Return the densities of nuclei and stroma, ``(2, H, W)``."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    inside = shapely.contains_xy(tissue, x * DOWNSAMPLE, y * DOWNSAMPLE).astype(float)
    coarse = gaussian_filter(zoom(rng.normal(size=(24, 32)), (shape[0] / 24, shape[1] / 32)), 1)
    fine = gaussian_filter(rng.normal(size=shape), 1.2)
    glands = 1 / (1 + np.exp(-6 * (coarse - 0.3)))
    nuclei = inside * (0.15 + 0.75 * glands) * (1 + 0.6 * fine / fine.std() * 0.5)
    stroma = inside * (0.35 + 0.35 * (1 - glands)) * (1 + 0.2 * fine / fine.std())
    return gaussian_filter(np.clip([nuclei, stroma], 0, None), (0, 0.6, 0.6))


def _pulled(
    fields: NDArray[np.float64], transform: Sequence, shape: tuple[int, int]
) -> NDArray[np.float64]:
    """Return the densities as the transform moves them, on a view of the same scale."""
    step = 4
    y, x = np.mgrid[0 : shape[0] + step : step, 0 : shape[1] + step : step]
    nodes = (np.column_stack([x.ravel(), y.ravel()]) + 0.5) * DOWNSAMPLE
    at = transform.inverse().map(nodes) / DOWNSAMPLE - 0.5
    at = np.nan_to_num(at, nan=-99.0).reshape(*x.shape, 2)
    full = np.mgrid[: shape[0], : shape[1]] / step
    position = [map_coordinates(at[..., axis], full, order=1) for axis in (1, 0)]
    return np.stack([map_coordinates(field, position, order=1) for field in fields])


def _stained(
    fields: NDArray[np.float64], stains: NDArray[np.float64], seed: int
) -> NDArray[np.uint8]:
    density = np.einsum("shw,sc->hwc", fields, stains)
    noise = np.random.default_rng(seed).normal(0, 1.5, density.shape)
    return np.clip(np.rint(WHITE * 10 ** (-0.8 * density) + noise), 0, 255).astype(np.uint8)


def _anchors(pieces: list[shapely.Polygon], transform: Sequence) -> Anchors:
    rng = np.random.default_rng(5)
    source, fragment = [], []
    for index, (piece, count) in enumerate(zip(pieces, (180, 46), strict=True)):
        left, top, right, bottom = piece.bounds
        points = rng.uniform((left, top), (right, bottom), (4 * count, 2))
        inside = points[shapely.contains_xy(piece, *points.T)][:count]
        source.append(inside)
        fragment += [index] * len(inside)
    points = np.concatenate(source)
    inlier = rng.random(len(points)) > 0.15
    scatter = np.where(inlier[:, None], 18.0, 700.0) * rng.normal(size=points.shape)
    return Anchors(points, transform.map(points) + scatter, inlier, np.where(inlier, fragment, -1))


def _grid(size: Size, first: float, last: float) -> ScalarGrid:
    y, x = np.mgrid[0:9, 0:12]
    ramp = np.clip((x / 11) ** 2 * 0.8 + (y / 8) * 0.2, 0, 1)
    return ScalarGrid(np.zeros(2), size.as_array() / (11, 8), first + (last - first) * ramp)
