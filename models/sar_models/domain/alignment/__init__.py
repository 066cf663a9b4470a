"""The result of aligning two slides, its evidence, and what it says about points."""

from sar_models.domain.alignment.evidence import Anchors, Placement, Quality, Reason, Risk
from sar_models.domain.alignment.mapping import Direction, Mapping, Status
from sar_models.domain.alignment.result import Alignment, Outcome, failed_alignment, polygons_of

__all__ = [
    "Alignment",
    "Anchors",
    "Direction",
    "Mapping",
    "Outcome",
    "Placement",
    "Quality",
    "Reason",
    "Risk",
    "Status",
    "failed_alignment",
    "polygons_of",
]
