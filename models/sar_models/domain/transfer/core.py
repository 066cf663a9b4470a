"""Annotations of one slide onto the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPoint

from sar_models.domain.alignment import Outcome, Status
from sar_models.domain.errors import AnnotationError
from sar_models.domain.transfer.cut import Cut, cut_all
from sar_models.domain.transfer.frames import check_belongs, to_frame
from sar_models.domain.transfer.judge import judge, refused, sample_points, trust_of
from sar_models.domain.transfer.marker import fragment_metadata, marked, part_id, run_metadata
from sar_models.domain.transfer.options import TransferOptions
from sar_models.domain.transfer.repair import quiet, single_if_one, valid_polygons
from sar_models.domain.transfer.result import TransferResult, Verdict
from sar_models.domain.transfer.tree import Family, grow
from sar_models.domain.transfer.warp import warp
from sar_models.domain.transfer.zones import Zones
from sar_models.domain.transforms import Piecewise

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from sar_models.domain.alignment import Alignment, Direction
    from sar_models.domain.annotations import Annotation
    from sar_models.domain.geometry import Points
    from sar_models.domain.slides import SlideInfo
    from sar_models.domain.transfer.repair import Geometries
    from sar_models.domain.transfer.result import ObjectReport

_SERIAL_KINDS = ("annotation", "tmaCore")


def transfer(
    annotations: Iterable[Annotation],
    alignment: Alignment,
    direction: Direction = "forward",
    options: TransferOptions | None = None,
) -> TransferResult:
    """Carry annotations from one slide of an alignment to the other.

    Edges are bent where the tissue is, holes, parts, nuclei and child objects are kept. An object
    keeps its UUID, class, name, colours and lock; one that lies on several fragments becomes one
    object for each, with ids that depend on its own and the fragment's alone. Every object carries
    our marker; objects that carry it already, and cells on a serial section, are refused one by
    one. Memory is that of annotations and result, and a bounded share for the work.

    Parameters
    ----------
    annotations : iterable of Annotation
        Level-0 pixels of the source (``forward``) or target (``inverse``), in ``options.frame``.
    alignment : Alignment
        Of any outcome; a failed or ambiguous one maps nothing, and each report says so.
    direction : {"forward", "inverse"}
    options : TransferOptions, optional

    Returns
    -------
    TransferResult
        Objects on the other slide, and a report of each object that was handed in.

    Raises
    ------
    FrameError
        If the annotations cannot be of this slide: sizes differ, or objects lie outside.
    """
    return _Transfer(alignment, direction, options or TransferOptions()).run(annotations)


@dataclass(frozen=True)
class _Placed:
    """One object on the other slide: shapes by fragment index, -1 for points of ``followed``."""

    report: ObjectReport
    shapes: dict[int, BaseGeometry]
    nucleus: BaseGeometry | None = None
    followed: tuple[int, ...] = ()


class _Transfer:
    def __init__(
        self, alignment: Alignment, direction: Direction, options: TransferOptions
    ) -> None:
        pair = alignment.pair
        sides = (pair.source, pair.target) if direction == "forward" else (pair.target, pair.source)
        self._from: SlideInfo = sides[0]
        self._to: SlideInfo = sides[1]
        self._alignment, self._direction, self._options = alignment, direction, options
        self._frame = self._from.frame_of(options.frame)
        self._out_frame = self._to.frame_of(options.output_frame or options.frame)
        piecewise = alignment.transform
        if alignment.outcome is Outcome.AMBIGUOUS:
            piecewise = Piecewise((), piecewise.unpaired_source, piecewise.unpaired_target)
        self._piecewise = piecewise if direction == "forward" else piecewise.inverse()
        self._zones = Zones(self._piecewise)

    @quiet
    def run(self, annotations: Iterable[Annotation]) -> TransferResult:
        family = Family.of(annotations)
        objects = family.objects
        shapes = _array([_shape(annotation) for annotation in objects])
        check_belongs(objects, shapes, self._from, self._options)
        reasons = [self._refusal(annotation) for annotation in objects]
        placed: list[_Placed] = [
            _Placed(refused(annotation, reason), {})
            for annotation, reason in zip(objects, reasons, strict=True)
        ]
        dimensions = shapely.get_dimensions(shapes)
        wanted = np.array([not reason for reason in reasons], dtype=np.bool_)
        for chosen, place in (
            (np.flatnonzero(wanted & (dimensions > 0)), self._place_shapes),
            (np.flatnonzero(wanted & (dimensions == 0)), self._place_points),
        ):
            own = to_frame(shapes[chosen], self._frame, self._from.frame)
            for index, result in zip(chosen, place([objects[i] for i in chosen], own), strict=True):
                placed[index] = result
        return self._assemble(family, placed)

    def _refusal(self, annotation: Annotation) -> str:
        """Return why an object is not transferred on purpose, empty if it is."""
        if annotation.is_ours:
            return "SAR-Align wrote it: transferred objects are not transferred again"
        if annotation.kind not in _SERIAL_KINDS and self._options.section == "serial":
            return (
                f"a {annotation.kind} has no counterpart on a serial section (--section same, if "
                "both slides show one section)"
            )
        if annotation.geometry.is_empty:
            return "its geometry is empty"
        return ""

    def _place_shapes(self, objects: Sequence[Annotation], shapes: Geometries) -> list[_Placed]:
        may_split = np.array([a.kind == "annotation" for a in objects], dtype=np.bool_)
        cuts = cut_all(shapes, may_split, self._zones, self._options)
        cuts = [
            cut if cut.tissue_share >= self._options.least_share else replace(cut, pieces=())
            for cut in cuts
        ]
        warped = self._warp_pieces(cuts)
        nuclei = self._warp_nuclei(objects, cuts)
        trusts = trust_of([_samples(cut) for cut in cuts], self._alignment, self._direction)
        return [
            _Placed(
                judge(
                    annotation,
                    cut.tissue_share,
                    list(own.values()),
                    trust,
                    self._alignment,
                    self._options,
                    on_glass=cut.on_glass,
                ),
                own,
                nucleus,
            )
            for annotation, cut, own, nucleus, trust in zip(
                objects, cuts, warped, nuclei, trusts, strict=True
            )
        ]

    def _warp_pieces(self, cuts: Sequence[Cut]) -> list[dict[int, BaseGeometry]]:
        """Return the bent pieces of each object by fragment."""
        results: list[dict[int, BaseGeometry]] = [{} for _ in cuts]
        pieces = [(owner, piece) for owner, cut in enumerate(cuts) for piece in cut.pieces]
        shapes = _array([piece.shape for _, piece in pieces])
        bent = self._warp(shapes, np.array([piece.fragment for _, piece in pieces], dtype=np.intp))
        for (owner, piece), shape in zip(pieces, bent, strict=True):
            if shape is not None:
                results[owner][piece.fragment] = shape
        return results

    def _warp_nuclei(
        self, objects: Sequence[Annotation], cuts: Sequence[Cut]
    ) -> list[BaseGeometry | None]:
        """Return the nuclei of cells, each bent as its cell is."""
        results: list[BaseGeometry | None] = [None] * len(objects)
        own = [
            (index, annotation.nucleus, cut.pieces[0].fragment)
            for index, (annotation, cut) in enumerate(zip(objects, cuts, strict=True))
            if annotation.nucleus is not None and cut.pieces
        ]
        shapes = _array([valid_polygons(nucleus) for _, nucleus, _ in own])
        shapes = to_frame(shapes, self._frame, self._from.frame)
        bent = self._warp(shapes, np.array([fragment for *_, fragment in own], dtype=np.intp))
        for (index, *_), shape in zip(own, bent, strict=True):
            results[index] = shape
        return results

    def _warp(self, shapes: Geometries, fragments: NDArray[np.intp]) -> Geometries:
        bent = np.full(len(shapes), None, dtype=object)
        for index, fragment in enumerate(self._piecewise.fragments):
            own = np.flatnonzero(fragments == index)
            if len(own):
                bent[own] = warp(shapes[own], fragment.transform, self._options)
        return bent

    def _place_points(self, objects: Sequence[Annotation], shapes: Geometries) -> list[_Placed]:
        return [self._place_point_set(a, s) for a, s in zip(objects, shapes, strict=True)]

    def _place_point_set(self, annotation: Annotation, shape: BaseGeometry) -> _Placed:
        """Place one Point or MultiPoint; points are not split into objects, their order stays."""
        points = shapely.get_coordinates(shape)
        mapping = self._alignment.map(points, self._direction)
        found = mapping.has_counterpart
        on_glass = np.isin(mapping.status, [Status.GLASS.value, Status.OUTSIDE.value])
        judged = ~on_glass if (~on_glass).any() else np.ones_like(on_glass)
        shapes = {-1: single_if_one(MultiPoint(mapping.points[found]))} if found.any() else {}
        (trust,) = trust_of([points[found]], self._alignment, self._direction)
        report = judge(
            annotation,
            float(found[judged].mean()),
            list(shapes.values()),
            trust,
            self._alignment,
            self._options,
            on_glass=bool(on_glass.all()),
        )
        if report.verdict is Verdict.MAPPED and not found.all():
            lost = int((~found).sum())
            report = replace(report, reason=f"{lost} of {len(found)} points have no counterpart")
        followed = tuple(np.unique(mapping.fragment[found]).tolist())
        return _Placed(report, shapes, followed=followed)

    def _assemble(self, family: Family, placed: Sequence[_Placed]) -> TransferResult:
        """Return what was placed, in the output frame, with marker, children below parents."""
        run = run_metadata(self._alignment, self._from, self._to, self._out_frame)
        parts: list[dict[int, Annotation]] = []
        reports: list[ObjectReport] = []
        for annotation, result in zip(family.objects, placed, strict=True):
            report = result.report
            shapes = {} if report.verdict is Verdict.NOT_MAPPED else result.shapes
            own = {
                fragment: marked(
                    annotation,
                    self._id(annotation, fragment, len(shapes)),
                    self._out(shape),
                    None if result.nucleus is None else self._out(result.nucleus),
                    report,
                    run | self._followed(result, fragment),
                    self._options,
                )
                for fragment, shape in shapes.items()
            }
            parts.append(own)
            reports.append(replace(report, target_ids=tuple(a.id for a in own.values())))
        return TransferResult(grow(family, parts), tuple(reports))

    def _followed(self, placed: _Placed, fragment: int) -> dict[str, str]:
        """Return the marker that tells which fragments a shape followed."""
        own = placed.followed if fragment < 0 else (fragment,)
        return fragment_metadata(self._piecewise.fragments[index].id for index in own)

    def _id(self, annotation: Annotation, fragment: int, count: int) -> uuid.UUID:
        """Return the id of an object, or of one of its ``count`` parts."""
        if count == 1:
            return annotation.id
        return part_id(annotation.id, self._piecewise.fragments[fragment].id)

    def _out(self, shape: BaseGeometry) -> BaseGeometry:
        (moved,) = to_frame(_array([shape]), self._to.frame, self._out_frame)
        result: BaseGeometry = moved
        return result


def _shape(annotation: Annotation) -> BaseGeometry:
    """Return the geometry of an object as a valid area, a line or points."""
    geometry = annotation.geometry
    if geometry.geom_type == "LinearRing":
        return LineString(geometry.coords)
    if geometry.geom_type == "GeometryCollection" and not geometry.is_empty:
        raise AnnotationError(
            f"Object {annotation.id} {annotation.name!r} mixes points, lines and areas",
            remedy="Split it into one object for each.",
        )
    return valid_polygons(geometry) if shapely.get_dimensions(geometry) == 2 else geometry


def _samples(cut: Cut) -> Points:
    own = [sample_points(piece.on_tissue) for piece in cut.pieces]
    return np.concatenate(own) if own else np.zeros((0, 2))


def _array(geometries: Sequence[BaseGeometry]) -> Geometries:
    array = np.empty(len(geometries), dtype=object)
    array[:] = geometries
    return array
