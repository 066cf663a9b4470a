"""Transfer over glass, and between pieces."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
import shapely
from shapely.geometry import (
    LineString,
    MultiPoint,
    MultiPolygon,
    box,
)
from transfer_scenes import (
    FIELD,
    INSIDE,
    SAME,
    SHIFTS,
    affine_alignment,
    annotation,
    only,
    pieces_alignment,
)

from sar_models.domain.transfer import Verdict, followed_fragments, transfer
from sar_models.domain.transforms import Affine


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

    def test_every_object_tells_which_fragments_it_followed(self) -> None:
        alignment = pieces_alignment(*SHIFTS)
        across = annotation(
            box(200, 250, 800, 450), children=(annotation(box(210, 260, 300, 300)),)
        )
        points = annotation(MultiPoint([(250, 300), (700, 300), (5000, 5000)]))
        result = transfer([across, points], alignment)
        followed = {a.geometry.geom_type: followed_fragments(a) for a in result.annotations}
        parts = [f for a in result.annotations if (f := followed_fragments(a)) and len(f) == 1]
        assert sorted(map(sorted, parts)) == [["piece-0"], ["piece-1"]]
        assert followed["MultiPoint"] == {"piece-0", "piece-1"}

    def test_an_object_without_marker_tells_nothing(self) -> None:
        for told in ({}, {"sar_align.fragments": "["}, {"sar_align.fragments": '"a"'}):
            assert followed_fragments(annotation(INSIDE, metadata=told)) == frozenset()
