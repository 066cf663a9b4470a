"""What is said about each object, what is refused, and what is carried along."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from shapely.geometry import (
    GeometryCollection,
    LineString,
    Point,
    Polygon,
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

from sar_models.domain.alignment import Outcome, Placement, failed_alignment
from sar_models.domain.errors import AnnotationError, OptionError
from sar_models.domain.geometry import ScalarGrid
from sar_models.domain.slides import SlidePair
from sar_models.domain.transfer import TransferOptions, TransferResult, Verdict, transfer
from sar_models.domain.transforms import Affine

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


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
            "sar_align.fragments": '["tissue-1"]',
        }
