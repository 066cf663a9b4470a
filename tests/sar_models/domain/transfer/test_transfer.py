from __future__ import annotations

import tracemalloc
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import builders
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import (
    GeometryCollection,
    LinearRing,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
    box,
)

from sar_models.domain.alignment import Alignment, Outcome, Placement, failed_alignment
from sar_models.domain.annotations import Annotation
from sar_models.domain.errors import AnnotationError, FrameError, OptionError
from sar_models.domain.geometry import Region, ScalarGrid, Size
from sar_models.domain.slides import SlidePair
from sar_models.domain.transfer import TransferOptions, TransferResult, Verdict, transfer
from sar_models.domain.transforms import Affine, Displacement, Fragment, Piecewise

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

FIELD = builders.make_alignment()
SAME = TransferOptions(section="same")
INSIDE = box(600, 500, 1200, 1000)


def annotation(geometry: BaseGeometry, **fields: Any) -> Annotation:
    return Annotation(uuid.uuid4(), geometry, **fields)


def affine_alignment(affine: Affine, tissue: Polygon = INSIDE, **changes: Any) -> Alignment:
    target = Polygon(affine.map(np.array(tissue.exterior.coords)))
    fragment = Fragment("tissue-1", tissue, target, affine, 0.9)
    return builders.make_alignment(
        transform=Piecewise((fragment,), (), (), 800.0, 800.0), **changes
    )


def pieces_alignment(*transforms: Affine, gap: float = 200.0, **changes: Any) -> Alignment:
    """Return an alignment of squares of 300 px in a row, each with a transform of its own."""
    squares = [box(100 + i * (300 + gap), 200, 400 + i * (300 + gap), 500) for i in range(3)]
    fragments = tuple(
        Fragment(f"piece-{i}", square, shapely.transform(square, affine.map), affine, 0.9 - i / 10)
        for i, (square, affine) in enumerate(zip(squares, transforms, strict=False))
    )
    unpaired = tuple(squares[len(fragments) :])
    return builders.make_alignment(
        transform=Piecewise(fragments, unpaired, (), 400.0, 400.0), **changes
    )


def only(result: TransferResult) -> Annotation:
    (one,) = result.annotations
    return one


def without_marker(result: TransferResult) -> list[Annotation]:
    return [replace(a, metadata={}) for a in result.annotations]


SHIFTS = (Affine.translation((10, 20)), Affine.translation((-30, 500)))


class TestLaws:
    @given(
        st.floats(-np.pi, np.pi), st.floats(0.3, 3), st.booleans(), st.floats(-500, 500),
        st.floats(0.05, 0.4),
    )  # fmt: skip
    def test_affine_maps_areas_by_the_determinant(
        self, angle: float, scale: float, mirror: bool, shift: float, hole: float
    ) -> None:
        affine = Affine.from_similarity(angle, scale, (shift, -shift), mirror=mirror)
        middle = Point(900, 750)
        outline = middle.buffer(230).difference(middle.buffer(230 * hole))
        found = only(transfer([annotation(outline)], affine_alignment(affine))).geometry
        assert found.area == pytest.approx(outline.area * scale**2, rel=1e-9)
        assert len(found.interiors) == 1
        assert shapely.get_num_coordinates(found) == shapely.get_num_coordinates(outline)

    @settings(max_examples=30)
    @given(st.lists(st.tuples(st.floats(550, 1300), st.floats(450, 1050)), min_size=3, max_size=9))
    def test_there_and_back_again(self, points: list[tuple[float, float]]) -> None:
        outline = MultiPoint(points).convex_hull
        if outline.geom_type != "Polygon" or outline.area < 400:
            return
        source = annotation(outline)
        there = transfer([source], FIELD)
        back = transfer(without_marker(there), FIELD, "inverse")
        assert back.reports[0].verdict is Verdict.MAPPED
        # Both ways bend edges within the tolerance of a quarter pixel.
        assert shapely.hausdorff_distance(only(back).geometry, outline) < 0.5
        assert only(there).id == only(back).id == source.id

    @given(st.integers(3, 12), st.floats(20, 250))
    def test_ids_and_results_repeat(self, count: int, radius: float) -> None:
        angle = np.arange(count) * 2 * np.pi / count
        ring = np.column_stack([np.cos(angle), np.sin(angle)]) * radius + (900, 700)
        source = annotation(Polygon(ring))
        first, second = transfer([source], FIELD), transfer([source], FIELD)
        assert first.reports == second.reports
        assert only(first).geometry.equals_exact(only(second).geometry, 0)


def strong_alignment() -> Alignment:
    """Return an alignment whose field bends by 40 px within 250."""
    y, x = np.mgrid[0:81, 0:81] * 50.0
    bend = 40 * np.stack([np.sin(y / 250), np.cos(x / 250)], axis=-1)
    field = Displacement(np.array([-1000.0, -1000.0]), np.array([50.0, 50.0]), bend)
    tissue = box(200, 200, 1800, 1300)
    target = shapely.transform(shapely.segmentize(tissue, 20), field.map)
    fragment = Fragment("tissue-1", tissue, target, field, 0.9)
    return builders.make_alignment(transform=Piecewise((fragment,), (), (), 800.0, 800.0))


@pytest.mark.parametrize("tolerance_px", [0.05, 0.25, 2.0])
@pytest.mark.parametrize(
    "shape",
    [
        box(300, 300, 1700, 1200),
        LineString([(250, 400), (1700, 1200)]),
        box(300, 300, 1700, 1200).difference(box(500, 500, 900, 1000)),
        MultiLineString([[(250, 400), (900, 1200)], [(1000, 300), (1000, 1200)]]),
    ],
)
def test_edges_follow_the_bend_within_the_tolerance(
    shape: BaseGeometry, tolerance_px: float
) -> None:
    alignment = strong_alignment()
    options = TransferOptions(tolerance_px=tolerance_px)
    found = only(transfer([annotation(shape)], alignment, options=options)).geometry
    dense = shapely.segmentize(shape, 1.0)
    truth = shapely.transform(dense, alignment.fragments[0].transform.map)
    assert shapely.hausdorff_distance(found, truth) <= tolerance_px
    count = shapely.get_num_coordinates(found)
    assert shapely.get_num_coordinates(shape) < count < shapely.get_num_coordinates(dense) / 4
    assert found.is_valid


class TestGlass:
    def test_an_outline_300_um_outside_the_tissue_comes_through_whole(self) -> None:
        tissue = FIELD.fragments[0].source
        outline = tissue.buffer(600)  # 300 um at 0.5 um per pixel
        result = transfer([annotation(outline)], FIELD)
        assert result.reports[0].verdict is Verdict.MAPPED
        # The outline also runs over debris that has no counterpart.
        assert result.reports[0].tissue_share > 0.99
        dense = shapely.segmentize(outline, 5)
        truth = shapely.transform(dense, FIELD.fragments[0].transform.map)
        assert shapely.hausdorff_distance(only(result).geometry, truth) < 0.5

    def test_beyond_the_reach_an_outline_is_cut_but_counts_as_whole(self) -> None:
        wide = box(-300, -400, 3000, 3000)
        affine = Affine.translation((5, 5))
        alignment = affine_alignment(affine)
        result = transfer([annotation(wide)], alignment)
        assert result.reports[0].verdict is Verdict.MAPPED
        left, _, right, _ = only(result).geometry.bounds
        assert (left, right) == pytest.approx((-195, 2005), abs=1)

    def test_debris_without_counterpart_does_not_bite_a_whole_outline(self) -> None:
        alignment = affine_alignment(SHIFTS[0])
        speck = box(1300, 600, 1320, 620)
        piecewise = replace(alignment.transform, unpaired_source=(speck,))
        outline = INSIDE.buffer(300)
        found = only(transfer([annotation(outline)], replace(alignment, transform=piecewise)))
        assert found.geometry.area == pytest.approx(outline.area)

    def test_objects_on_glass_follow_the_nearest_fragment(self) -> None:
        alignment = pieces_alignment(*SHIFTS)
        near_second = annotation(box(550, 100, 590, 140))
        result = transfer([near_second], alignment)
        assert result.reports[0].verdict is Verdict.MAPPED
        assert only(result).geometry.equals(box(520, 600, 560, 640))

    def test_an_object_between_two_fragments_on_glass_is_divided(self) -> None:
        alignment = pieces_alignment(*SHIFTS)
        result = transfer([annotation(box(420, 300, 580, 340))], alignment)
        assert sorted(a.geometry.area for a in result.annotations) == pytest.approx(
            [3200, 3200], rel=0.05
        )

    def test_glass_nearer_to_unpaired_tissue_has_no_counterpart(self) -> None:
        alignment = pieces_alignment(SHIFTS[0])
        result = transfer([annotation(box(560, 300, 590, 340))], alignment)
        assert result.reports[0].verdict is Verdict.NOT_MAPPED
        assert "glass" in result.reports[0].reason

    def test_far_glass_and_no_reach(self) -> None:
        far = annotation(box(100, 1200, 200, 1300))
        (report,) = transfer([far], pieces_alignment(*SHIFTS)).reports
        assert report.verdict is Verdict.NOT_MAPPED
        alignment = affine_alignment(SHIFTS[0])
        tight = replace(alignment.transform, reach_source_px=0.0)
        result = transfer([annotation(INSIDE.buffer(50))], replace(alignment, transform=tight))
        assert only(result).geometry.area == pytest.approx(INSIDE.area)


class TestFragments:
    def test_an_object_on_two_fragments_becomes_two_with_stable_ids(self) -> None:
        source = annotation(box(300, 250, 700, 450), name="both", locked=True)
        result = transfer([source], pieces_alignment(*SHIFTS))
        report = result.reports[0]
        assert report.verdict is Verdict.MAPPED
        assert report.target_ids == tuple(a.id for a in result.annotations)
        assert set(report.target_ids) == {
            uuid.uuid5(source.id, "piece-0"), uuid.uuid5(source.id, "piece-1"),
        }  # fmt: skip
        by_id = {a.id: a for a in result.annotations}
        first = by_id[uuid.uuid5(source.id, "piece-0")].geometry
        second = by_id[uuid.uuid5(source.id, "piece-1")].geometry
        assert first.intersection(box(310, 270, 410, 470)).area == pytest.approx(100 * 200)
        assert second.intersection(box(570, 750, 670, 950)).area == pytest.approx(100 * 200)
        assert first.area + second.area == pytest.approx(source.geometry.area, rel=1e-3)
        assert all(a.name == "both" and a.locked for a in result.annotations)

    def test_touching_a_neighbour_does_not_split(self) -> None:
        source = annotation(box(110, 210, 602, 490))
        result = transfer([source], pieces_alignment(*SHIFTS))
        assert only(result).id == source.id
        assert result.reports[0].tissue_share == pytest.approx(1)

    def test_a_wide_outline_around_one_of_two_stays_one_object(self) -> None:
        source = annotation(box(100, 200, 400, 500).buffer(150))
        result = transfer([source], pieces_alignment(*SHIFTS))
        assert only(result).id == source.id
        assert only(result).geometry.area == pytest.approx(source.geometry.area, rel=1e-6)

    def test_where_fragments_overlap_the_more_confident_wins(self) -> None:
        alignment = pieces_alignment(*SHIFTS, gap=-100)
        result = transfer([annotation(box(320, 300, 380, 340))], alignment)
        assert only(result).geometry.equals(box(330, 320, 390, 360))

    def test_lines_are_split_too(self) -> None:
        result = transfer(
            [annotation(LineString([(200, 300), (800, 300)]))], pieces_alignment(*SHIFTS)
        )
        assert [a.geometry.length for a in result.annotations] == pytest.approx([300, 300], abs=5)

    def test_multi_parts_of_one_fragment_stay_together(self) -> None:
        parts = MultiPolygon([box(110, 210, 150, 250), box(200, 300, 260, 360)])
        found = only(transfer([annotation(parts)], pieces_alignment(*SHIFTS))).geometry
        assert len(found.geoms) == 2

    def test_cells_are_never_split_and_take_their_nucleus_along(self) -> None:
        alignment = pieces_alignment(*SHIFTS, gap=0)
        cell = annotation(box(390, 300, 420, 330), kind="cell", nucleus=box(395, 305, 405, 315))
        found = only(transfer([cell], alignment, options=SAME))
        assert found.id == cell.id
        assert found.geometry.equals(box(360, 800, 390, 830))
        assert found.nucleus is not None
        assert found.nucleus.equals(box(365, 805, 375, 815))
        beside = annotation(box(450, 90, 460, 100), kind="cell")
        assert only(transfer([beside], alignment, options=SAME)).geometry.area == 100

    def test_children_stand_below_the_part_that_they_follow(self) -> None:
        left = annotation(box(310, 260, 350, 300), name="left")
        right = annotation(box(620, 260, 660, 300), name="right")
        across = annotation(box(350, 400, 650, 440), name="across", children=(left,))
        parent = annotation(box(300, 250, 700, 450), children=(across, right))
        result = transfer([parent], pieces_alignment(*SHIFTS))
        names = {str(a.id): [child.name for child in a.children] for a in result.annotations}
        assert names == {
            str(uuid.uuid5(parent.id, "piece-0")): ["across"],
            str(uuid.uuid5(parent.id, "piece-1")): ["across", "right"],
        }
        assert len(result.reports) == 4
        everyone = [a.id for top in result.annotations for a in top.walk()]
        assert len(everyone) == len(set(everyone)) == 6

    def test_children_of_a_lost_parent_move_up(self) -> None:
        child = annotation(box(110, 210, 150, 250), name="child")
        middle = annotation(box(1110, 210, 1390, 490), name="lost", children=(child,))
        top = annotation(box(110, 210, 350, 450), name="top", children=(middle,))
        result = transfer([top], pieces_alignment(*SHIFTS))
        assert [a.name for a in only(result).walk()] == ["top", "child"]
        assert [a.name for a in transfer([middle], pieces_alignment(*SHIFTS)).annotations] == [
            "child"
        ]


class TestVerdicts:
    @pytest.mark.parametrize(
        ("right", "verdict"),
        [(390, "mapped"), (800, "mapped"), (1110, "mapped"), (1250, "partly"), (1390, "partly")],
    )
    def test_on_the_share_of_tissue(self, right: float, verdict: str) -> None:
        outline = box(110, 210, right, 490)
        (report,) = transfer([annotation(outline)], pieces_alignment(*SHIFTS)).reports
        assert report.verdict == verdict
        if verdict == "partly":
            lost = (right - 1100) / (290 + 300 + right - 1100)
            assert report.tissue_share == pytest.approx(1 - lost)
            assert f"{1 - lost:.0%}" in report.reason

    def test_partly_leaves_out_what_has_no_counterpart(self) -> None:
        outline = box(110, 210, 1390, 490)
        result = transfer([annotation(outline)], pieces_alignment(*SHIFTS))
        assert sum(a.geometry.area for a in result.annotations) <= (1100 - 110) * 280 + 1

    def test_confidence_and_error_are_measurements(self) -> None:
        alignment = affine_alignment(
            SHIFTS[0],
            sigma=ScalarGrid(np.zeros(2), np.array([2000.0, 1.0]), np.array([[0.0, 20.0]])),
            confidence=ScalarGrid(np.zeros(2), np.array([2000.0, 1.0]), np.array([[1.0, 0.0]])),
        )
        result = transfer([annotation(box(900, 700, 1100, 800))], alignment)
        (report,) = result.reports
        assert report.sigma_px == pytest.approx(10, abs=0.5)
        assert report.sigma_um == pytest.approx(5, abs=0.25)
        assert report.confidence == pytest.approx(0.5, abs=0.025)
        assert only(result).measurements == {
            "SAR-Align: confidence": round(report.confidence, 4),
            "SAR-Align: expected error px": round(report.sigma_px, 4),
            "SAR-Align: expected error um": round(report.sigma_um, 4),
        }

    def test_unknown_error_is_no_measurement(self) -> None:
        nobody_knows = ScalarGrid.constant(float("nan"))
        pair = SlidePair(FIELD.pair.source, FIELD.pair.target.with_mpp(None))
        alignment = affine_alignment(SHIFTS[0], sigma=nobody_knows, pair=pair)
        found = only(transfer([annotation(box(900, 700, 1100, 800))], alignment))
        assert set(found.measurements) == {"SAR-Align: confidence"}

    @pytest.mark.parametrize(
        ("shape", "below"),
        [
            (box(900, 700, 905, 705), True),
            (box(900, 700, 910, 710), False),
            (LineString([(900, 700), (903, 700)]), True),
            (Point(900, 700), False),
        ],
    )
    def test_smaller_than_the_error_is_below_resolution(
        self, shape: BaseGeometry, below: bool
    ) -> None:
        result = transfer([annotation(shape)], FIELD)
        expected = Verdict.BELOW_RESOLUTION if below else Verdict.MAPPED
        assert result.reports[0].verdict is expected
        assert only(result).metadata["sar_align.verdict"] == expected.value

    def test_failed_and_ambiguous_alignments_map_nothing(self) -> None:
        failed = failed_alignment(FIELD.pair, "No structure in common.", (), tissue_source=INSIDE)
        place = Placement(Affine.identity(), 1.0, INSIDE)
        ambiguous = replace(FIELD, outcome=Outcome.AMBIGUOUS, placements=(place, place))
        objects = [annotation(box(900, 700, 1100, 800)), annotation(Point(900, 700))]
        for alignment, reason in ((failed, "No structure in common"), (ambiguous, "ambiguous")):
            result = transfer(objects, alignment)
            assert result.annotations == ()
            assert {report.verdict for report in result.reports} == {Verdict.NOT_MAPPED}
            assert all(reason in report.reason for report in result.reports)

    def test_counts(self) -> None:
        result = transfer([annotation(INSIDE), annotation(INSIDE, kind="tile")], FIELD)
        assert result.counts() == {
            Verdict.MAPPED: 1, Verdict.PARTLY: 0, Verdict.NOT_MAPPED: 0,
            Verdict.BELOW_RESOLUTION: 0, Verdict.REFUSED: 1,
        }  # fmt: skip


class TestRefusals:
    @pytest.mark.parametrize("kind", ["cell", "detection", "tile"])
    def test_cells_need_the_same_section(self, kind: Any) -> None:
        source = annotation(box(900, 700, 920, 720), kind=kind)
        (report,) = transfer([source], FIELD).reports
        assert report.verdict is Verdict.REFUSED
        assert "serial section" in report.reason
        assert only(transfer([source], FIELD, options=SAME)).kind == kind

    def test_our_own_objects_are_never_transferred_back(self) -> None:
        there = transfer([annotation(INSIDE)], FIELD)
        back = transfer(there.annotations, FIELD, "inverse")
        assert back.annotations == ()
        assert "SAR-Align wrote it" in back.reports[0].reason

    def test_children_of_our_objects_are_transferred(self) -> None:
        child = annotation(box(900, 700, 1000, 800), name="child")
        ours = annotation(INSIDE, metadata={"sar_align.run": "x"}, children=(child,))
        assert only(transfer([ours], FIELD)).name == "child"

    def test_empty_and_mixed_geometries(self) -> None:
        (report,) = transfer([annotation(Polygon())], FIELD).reports
        assert report.verdict is Verdict.REFUSED
        mixed = GeometryCollection([Point(900, 700), INSIDE])
        with pytest.raises(AnnotationError, match="mixes"):
            transfer([annotation(mixed)], FIELD)

    def test_nothing_gives_nothing(self) -> None:
        assert transfer([], FIELD) == TransferResult((), ())

    @pytest.mark.parametrize(
        "values",
        [
            {"section": "both"},
            {"source_measurements": "some"},
            {"tolerance_px": 0},
            {"least_share": 0.9, "whole_share": 0.5},
        ],
    )
    def test_impossible_options(self, values: dict[str, Any]) -> None:
        with pytest.raises(OptionError):
            TransferOptions(**values)


class TestWhatIsCarried:
    def test_identity_and_looks_of_the_source(self) -> None:
        source = annotation(
            INSIDE,
            name="Tumour",
            classification=("Tumor", "Positive"),
            class_color=(200, 0, 0),
            color=(1, 2, 3),
            locked=True,
            metadata={"note": "mine"},
            measurements={"Area": 5.0},
            plane=(-1, 0, 0),
            extra={"ours": 1, "geometry:isEllipse": True, "feature:bbox": [1], "feature:x": 2},
        )
        found = only(transfer([source], FIELD))
        for name in ("id", "name", "classification", "class_color", "color", "locked", "plane"):
            assert getattr(found, name) == getattr(source, name)
        assert found.is_ours
        assert found.metadata["note"] == "mine"
        assert found.extra == {"ours": 1, "feature:x": 2}
        assert "Area" not in found.measurements
        kept = only(transfer([source], FIELD, options=TransferOptions(source_measurements="keep")))
        assert kept.measurements["source:Area"] == 5.0

    def test_marker(self) -> None:
        source = annotation(INSIDE)
        metadata = only(transfer([source], FIELD)).metadata
        assert metadata == {
            "sar_align.source": "he",
            "sar_align.source_checksum": "sha256:he",
            "sar_align.target": "ihc",
            "sar_align.run": FIELD.request_id,
            "sar_align.content": FIELD.content_sha256,
            "sar_align.frame": "file",
            "sar_align.slide_size": "2200 x 1800",
            "sar_align.source_id": str(source.id),
            "sar_align.verdict": "mapped",
        }


class TestPoints:
    def test_points_keep_order_and_lose_those_without_counterpart(self) -> None:
        points = MultiPoint([(200, 300), (1200, 300), (700, 300), (450, 300)])
        result = transfer([annotation(points)], pieces_alignment(*SHIFTS))
        found = shapely.get_coordinates(only(result).geometry)
        np.testing.assert_allclose(found, [(210, 320), (670, 800), (460, 320)])
        assert result.reports[0].tissue_share == pytest.approx(2 / 3)
        assert result.reports[0].verdict is Verdict.PARTLY

    def test_glass_points_do_not_count(self) -> None:
        points = MultiPoint([(200, 300), (1900, 1400)])
        result = transfer([annotation(points)], pieces_alignment(*SHIFTS))
        assert result.reports[0].verdict is Verdict.MAPPED
        assert result.reports[0].reason == "1 of 2 points have no counterpart"
        assert only(result).geometry.equals(Point(210, 320))


class TestShapes:
    def test_what_leaves_the_domain_of_a_field_is_cut_off(self) -> None:
        y, _ = np.mgrid[0:11, 0:11] / 10.0
        field = Displacement(
            np.array([100.0, 100.0]), np.array([100.0, 100.0]), 5 * np.stack([y, y], axis=-1)
        )
        tissue = box(200, 200, 1000, 1000)
        fragment = Fragment("t", tissue, shapely.transform(tissue, field.map), field, 0.9)
        alignment = builders.make_alignment(transform=Piecewise((fragment,), (), (), 400, 400))
        wide = shapely.segmentize(box(50, 300, 1300, 900).difference(box(60, 400, 80, 500)), 10)
        lines = annotation(LineString([(50, 500), (300, 500), (400, 500)]))
        gone = annotation(box(20, 300, 90, 900))
        result = transfer([annotation(wide), lines, gone], alignment)
        area, line = result.annotations
        assert area.geometry.is_valid
        assert area.geometry.bounds[0] >= 100
        assert area.geometry.bounds[2] <= 1106
        assert line.geometry.bounds[0] >= 300
        assert result.reports[2].verdict is Verdict.NOT_MAPPED

    def test_bow_ties_and_rings(self) -> None:
        tie = Polygon([(900, 700), (1000, 800), (1000, 700), (900, 800)])
        ring = LinearRing([(900, 700), (1000, 700), (1000, 800)])
        tied, closed = transfer([annotation(tie), annotation(ring)], FIELD).annotations
        assert tied.geometry.is_valid
        assert closed.geometry.geom_type == "LineString"

    def test_a_line_along_the_edge_of_tissue(self) -> None:
        along = LineString([(600, 400), (600, 1100)])
        found = only(transfer([annotation(along)], affine_alignment(SHIFTS[0])))
        assert found.geometry.length == pytest.approx(700)


class TestFrames:
    SOURCE = replace(FIELD.pair.source, bounds=Region(100, 200, 1800, 1200))
    TARGET = replace(FIELD.pair.target, bounds=Region(30, 40, 2000, 1700))
    ALIGNMENT = replace(FIELD, pair=SlidePair(SOURCE, TARGET))

    def test_bounds_in_both_frames(self) -> None:
        in_file = annotation(INSIDE)
        in_qupath = annotation(shapely.transform(INSIDE, lambda p: p - (100, 200)))
        qupath = TransferOptions(frame="qupath")
        mixed = TransferOptions(frame="qupath", output_frame="file")
        reference = only(transfer([in_file], self.ALIGNMENT))
        moved = only(transfer([in_qupath], self.ALIGNMENT, options=qupath))
        back = shapely.transform(moved.geometry, lambda p: p + np.array([30, 40]))
        assert shapely.hausdorff_distance(back, reference.geometry) < 1e-6
        same = only(transfer([in_qupath], self.ALIGNMENT, options=mixed))
        assert shapely.hausdorff_distance(same.geometry, reference.geometry) < 1e-6
        assert moved.metadata["sar_align.frame"] == "qupath"
        assert moved.metadata["sar_align.slide_size"] == "2000 x 1700"

    def test_nuclei_move_with_the_frame(self) -> None:
        cell = annotation(box(800, 500, 820, 520), kind="cell", nucleus=box(805, 505, 810, 510))
        options = TransferOptions(section="same", frame="qupath")
        found = only(transfer([cell], self.ALIGNMENT, options=options))
        assert found.nucleus is not None
        assert found.geometry.contains(found.nucleus)

    @given(st.integers(0, 400), st.integers(0, 300))
    @settings(max_examples=15)
    def test_there_and_back_in_a_cropped_frame(self, x: int, y: int) -> None:
        outline = box(600 + x, 400 + y, 700 + x, 500 + y)
        qupath = TransferOptions(frame="qupath")
        there = transfer([annotation(outline)], self.ALIGNMENT, options=qupath)
        back = transfer(without_marker(there), self.ALIGNMENT, "inverse", qupath)
        assert shapely.hausdorff_distance(only(back).geometry, outline) < 0.5

    def test_another_size_is_refused(self) -> None:
        options = TransferOptions(slide_size=Size(2000, 1499))
        with pytest.raises(FrameError, match="2000 x 1499"):
            transfer([annotation(INSIDE)], FIELD, options=options)
        fits = replace(options, slide_size=Size(2000, 1500))
        assert transfer([annotation(INSIDE)], FIELD, options=fits).annotations

    def test_objects_outside_the_slide_are_refused(self) -> None:
        outside = annotation(box(2100, 100, 2200, 200), name="lost one")
        with pytest.raises(FrameError, match=r"1 of 2 objects .* 'lost one' at x 2100 to 2200"):
            transfer([annotation(INSIDE), outside], FIELD)
        for shape in (Point(-1, 5), box(0, -9, 9, -1), LineString([(1, 1600), (5, 1700)])):
            with pytest.raises(FrameError):
                transfer([annotation(shape)], FIELD)

    def test_objects_written_for_another_slide_are_refused(self) -> None:
        there = transfer([annotation(INSIDE)], FIELD)
        with pytest.raises(FrameError, match="2200 x 1800"):
            transfer(there.annotations, FIELD, "forward")


def test_a_million_vertices() -> None:
    angle = np.linspace(0, 2 * np.pi, 1_000_001)[:-1]
    radius = 280 + 10 * np.sin(50 * angle)
    ring = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) + (900, 750)
    affine = Affine.from_similarity(0.5, 1.5, (100, 50))
    source = annotation(Polygon(ring))
    tracemalloc.start()
    result = transfer([source], affine_alignment(affine, box(550, 400, 1250, 1100)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert shapely.get_num_coordinates(only(result).geometry) == 1_000_001
    assert only(result).geometry.area == pytest.approx(source.geometry.area * 2.25)
    # Three copies of the vertices (16 MB each), what the field needs is bounded.
    assert peak < 100e6


def test_memory_for_the_field_does_not_grow_with_the_outline() -> None:
    angle = np.linspace(0, 2 * np.pi, 300_001)[:-1]
    ring = 280 * np.column_stack([np.cos(angle), np.sin(angle)]) + (900, 750)
    tracemalloc.start()
    for direction in ("forward", "inverse"):
        transfer([annotation(Polygon(ring))], FIELD, direction)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6
