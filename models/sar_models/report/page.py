"""What the page shows, put together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sar_models.domain.alignment import Outcome
from sar_models.report.advice import advice_for, hints_for, lies_in_pieces
from sar_models.report.candidates import Candidate, candidates_of
from sar_models.report.fragments import FragmentPicture, fragment_pictures, unpaired_areas
from sar_models.report.gauge import Gauge, gauge_of
from sar_models.report.layers import (
    AnchorMark,
    GridPicture,
    NumberedMark,
    anchor_marks,
    grid_picture,
    numbered_marks,
)
from sar_models.report.metrics import Metric, metrics_of
from sar_models.report.objects import AnnotationPicture, annotation_picture
from sar_models.report.plates import (
    HeatPlate,
    Histogram,
    Plate,
    confidence_plate,
    drawn_uri,
    error_plate,
    jpeg_uri,
    residual_histogram,
    restained_uri,
    source_plate,
    target_plate,
)
from sar_models.report.redact import plain
from sar_models.report.tables import Entry, SlideRow, provenance_entries, slide_rows
from sar_models.report.wording import Headline, headline_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sar_models.domain.alignment import Reason
    from sar_models.domain.annotations import Annotation
    from sar_models.domain.geometry import Mpp
    from sar_models.report.material import Material

_TOP_REASONS = 5


@dataclass(frozen=True)
class RiskReason:
    """A reason in words, and its weight as a share of the heaviest."""

    text: str
    share: float


@dataclass(frozen=True)
class Page:
    """All that the template is filled with."""

    source_name: str
    target_name: str
    outcome: str
    headline: Headline
    gauge: Gauge
    reasons: tuple[RiskReason, ...]
    units: str
    source: Plate
    target: Plate
    warped: str
    restained: str
    overlay: str
    drawn: str
    metrics: tuple[Metric, ...]
    fragments: tuple[FragmentPicture, ...]
    unpaired: str
    hints: tuple[str, ...]
    anchors: tuple[AnchorMark, ...]
    anchor_total: int
    numbered: tuple[NumberedMark, ...]
    histogram: Histogram | None
    grid: GridPicture | None
    confidence: HeatPlate | None
    error: HeatPlate | None
    candidates: tuple[Candidate, ...]
    in_pieces: bool
    advice: tuple[str, ...]
    annotations: AnnotationPicture | None
    slides: tuple[SlideRow, ...]
    provenance: tuple[Entry, ...]
    created: str
    version: str

    @property
    def key_metrics(self) -> tuple[Metric, ...]:
        """The few figures that stand at the head of the page."""
        return tuple(metric for metric in self.metrics if metric.is_key)

    @property
    def has_unpaired(self) -> bool:
        """Whether tissue without a counterpart is hatched."""
        return bool(self.fragments) and bool(self.source.unpaired or self.target.unpaired)


def page_of(
    material: Material,
    source_annotations: Sequence[Annotation],
    target_annotations: Sequence[Annotation],
) -> Page:
    """Return the page of an alignment; parts that its outcome does not have are empty."""
    alignment = material.alignment
    shown = material.is_registered
    return Page(
        source_name=plain(alignment.pair.source.name),
        target_name=plain(alignment.pair.target.name),
        outcome=alignment.outcome.value,
        headline=headline_of(material),
        gauge=gauge_of(alignment.risk.score),
        reasons=_top_reasons(alignment.risk.reasons),
        units=_units(alignment.pair.target.mpp),
        source=source_plate(material),
        target=target_plate(material),
        warped=jpeg_uri(material.warped) if shown else "",
        restained=restained_uri(material) if shown else "",
        overlay=jpeg_uri(material.overlay) if shown else "",
        drawn=drawn_uri(material) if shown else "",
        metrics=metrics_of(material),
        fragments=fragment_pictures(material) if shown else (),
        unpaired=unpaired_areas(alignment) if shown else "",
        hints=hints_for(alignment) if shown else (),
        anchors=anchor_marks(material),
        anchor_total=len(material.anchors),
        numbered=numbered_marks(material),
        histogram=residual_histogram(material),
        grid=grid_picture(material),
        confidence=confidence_plate(material),
        error=error_plate(material),
        candidates=candidates_of(material),
        in_pieces=lies_in_pieces(alignment),
        advice=advice_for(alignment) if alignment.outcome is Outcome.FAILED else (),
        annotations=annotation_picture(material, source_annotations, target_annotations),
        slides=slide_rows(alignment),
        provenance=provenance_entries(alignment),
        created=_written_time(alignment.provenance.created),
        version=plain(alignment.provenance.versions.get("sar-align", "")),
    )


def _written_time(created: str) -> str:
    """Return an ISO 8601 time as people write it; anything else as it is."""
    try:
        time = datetime.fromisoformat(created)
    except ValueError:
        return plain(created)
    if time.tzinfo is None:
        return f"{time:%Y-%m-%d %H:%M}"
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _top_reasons(reasons: Sequence[Reason]) -> tuple[RiskReason, ...]:
    ordered = sorted(reasons, key=lambda reason: -reason.weight)[:_TOP_REASONS]
    heaviest = max((reason.weight for reason in ordered), default=0.0)
    return tuple(
        RiskReason(plain(r.text), max(r.weight, 0.0) / heaviest if heaviest > 0 else 0.0)
        for r in ordered
    )


def _units(mpp: Mpp | None) -> str:
    if mpp is None:
        return "Lengths in level-0 pixels of the target: its pixel size is not known."
    return f"Lengths in micrometres, from the target's {mpp.mean:.4g} µm per pixel."
