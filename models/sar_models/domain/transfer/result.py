"""What became of each annotation."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uuid

    from sar_models.domain.annotations import Annotation


class Verdict(StrEnum):
    """What became of one object."""

    MAPPED = "mapped"
    PARTLY = "partly"
    NOT_MAPPED = "not-mapped"
    BELOW_RESOLUTION = "below-resolution"
    REFUSED = "refused"


@dataclass(frozen=True)
class ObjectReport:
    """What became of one object.

    Parameters
    ----------
    id : UUID
        The object on the slide that it comes from.
    name, kind : str
    verdict : Verdict
        Judged on the annotated tissue; glass does not count. ``below-resolution``: mapped, but
        smaller than the expected error. ``not-mapped`` and ``refused`` objects are left out.
    reason : str
        Why it is not simply mapped, for people; else empty.
    tissue_share : float
        Share in [0, 1] of the annotated tissue that has a counterpart.
    confidence : float
        Mean confidence in [0, 1] over that tissue; NaN when left out.
    sigma_px, sigma_um : float
        Expected error on the other slide, pixels and micrometres; NaN when unknown.
    target_ids : tuple of UUID
        The objects that it became: one, or one for each fragment; empty when left out.
    """

    id: uuid.UUID
    name: str
    kind: str
    verdict: Verdict
    reason: str = ""
    tissue_share: float = float("nan")
    confidence: float = float("nan")
    sigma_px: float = float("nan")
    sigma_um: float = float("nan")
    target_ids: tuple[uuid.UUID, ...] = ()


@dataclass(frozen=True)
class TransferResult:
    """Annotations on the other slide, and what became of each.

    Parameters
    ----------
    annotations : tuple of Annotation
        Top-level objects in the output frame; child objects stay below their parents.
    reports : tuple of ObjectReport
        One for each object that was handed in, parents before their children.
    """

    annotations: tuple[Annotation, ...]
    reports: tuple[ObjectReport, ...]

    def counts(self) -> dict[Verdict, int]:
        """Return how many objects got each verdict; verdicts of none have 0."""
        found = Counter(report.verdict for report in self.reports)
        return {verdict: found[verdict] for verdict in Verdict}
