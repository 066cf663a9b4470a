"""The result of aligning two slides."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon

from sar_models.domain.alignment.evidence import Anchors, Placement, Quality, Reason, Risk
from sar_models.domain.alignment.mapping import Direction, Mapping, Status
from sar_models.domain.errors import TransformError
from sar_models.domain.geometry import Points, ScalarGrid, as_points
from sar_models.domain.provenance import Provenance, sha256_of
from sar_models.domain.transforms import Fragment, Outline, Piecewise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.slides import SlidePair

_CHUNK = 200_000


class Outcome(StrEnum):
    """How an alignment ended."""

    ALIGNED = "aligned"
    PARTIAL = "partial"
    AMBIGUOUS = "ambiguous"
    FAILED = "failed"


@dataclass(frozen=True, eq=False)
class Alignment:
    """How one slide lies on another: a value, complete even when alignment failed.

    Parameters
    ----------
    pair : SlidePair
    outcome : Outcome
    transform : Piecewise
        ``target_from_source``, level-0 pixels. Failed: no fragment, all tissue unpaired.
    anchors : Anchors
    quality : Quality
    risk : Risk
    sigma : ScalarGrid
        Expected error in target level-0 pixels over source level-0 positions.
    confidence : ScalarGrid
        In [0, 1] over source level-0 positions.
    tissue_source, tissue_target : Polygon or MultiPolygon
        All tissue that was found, level-0 pixels of its slide.
    placements : tuple of Placement
        Candidates, best first, when ``ambiguous``; else empty.
    failure : str
        Why it failed; empty otherwise.
    provenance : Provenance
    """

    pair: SlidePair
    outcome: Outcome
    transform: Piecewise
    risk: Risk
    anchors: Anchors = field(default_factory=Anchors.none)
    quality: Quality = field(default_factory=Quality)
    sigma: ScalarGrid = field(default_factory=lambda: ScalarGrid.constant(float("nan")))
    confidence: ScalarGrid = field(default_factory=lambda: ScalarGrid.constant(0.0))
    tissue_source: Outline = field(default_factory=MultiPolygon)
    tissue_target: Outline = field(default_factory=MultiPolygon)
    placements: tuple[Placement, ...] = ()
    failure: str = ""
    provenance: Provenance = field(default_factory=Provenance)

    def __post_init__(self) -> None:
        if self.outcome is Outcome.FAILED and (self.transform.fragments or not self.failure):
            raise TransformError(
                "A failed alignment has no fragments and says why",
                remedy="Leave `fragments` empty and fill `failure`.",
            )
        if self.outcome is not Outcome.FAILED and self.failure:
            raise TransformError(f"An alignment that is {self.outcome} cannot carry a failure")

    @property
    def fragments(self) -> tuple[Fragment, ...]:
        """Paired tissue."""
        return self.transform.fragments

    @property
    def request_id(self) -> str:
        """Hash of what was asked."""
        return self.provenance.request_id

    @cached_property
    def content_sha256(self) -> str:
        """Hash of what was got: reviews cite it. CPU and GPU may differ in it."""
        return sha256_of(
            {
                "source": self.pair.source.checksum,
                "target": self.pair.target.checksum,
                "outcome": self.outcome.value,
                "failure": self.failure,
                "transform": self.transform.to_record(),
                "anchors": self.anchors.to_record(),
                "risk": self.risk.score,
                "sigma": self.sigma.to_record(),
                "confidence": self.confidence.to_record(),
                "placements": [placement.to_record() for placement in self.placements],
            }
        )

    def map(self, points: Points, direction: Direction = "forward") -> Mapping:
        """Map level-0 points of one slide to the other.

        Parameters
        ----------
        points : (N, 2) array
            Level-0 pixels of the source (``forward``) or of the target (``inverse``).
        direction : {"forward", "inverse"}

        Returns
        -------
        Mapping
            One row per point; working memory is bounded, however many points there are.
        """
        points = as_points(points)
        piecewise = self.transform if direction == "forward" else self._inverse
        parts = [
            self._map_chunk(points[start : start + _CHUNK], piecewise, direction)
            for start in range(0, max(len(points), 1), _CHUNK)
        ]
        mapped, status, fragment, sigma = (
            np.concatenate([part[i] for part in parts]) for i in range(4)
        )
        other = self.pair.target if direction == "forward" else self.pair.source
        sigma_um = None if other.mpp is None else sigma * other.mpp.mean
        return Mapping(mapped, status, fragment, sigma, sigma_um)

    @cached_property
    def _inverse(self) -> Piecewise:
        return self.transform.inverse()

    def _map_chunk(
        self, points: Points, piecewise: Piecewise, direction: Direction
    ) -> tuple[Points, NDArray[np.str_], NDArray[np.intp], NDArray[np.float64]]:
        assigned = piecewise.assign(points)
        mapped = piecewise.map_assigned(points, assigned.fragment)
        placed: NDArray[np.bool_] = np.asarray(np.isfinite(mapped).all(axis=1))
        status = np.full(len(points), Status.OUTSIDE.value, dtype="<U14")
        status[assigned.in_unpaired] = Status.NO_COUNTERPART.value
        status[placed] = Status.MAPPED.value
        status[placed & assigned.on_glass] = Status.GLASS.value
        if self.outcome is Outcome.AMBIGUOUS:
            on_tissue = assigned.in_unpaired | (assigned.fragment >= 0)
            status[on_tissue] = Status.AMBIGUOUS.value
            placed = np.zeros_like(placed)
        mapped[~placed] = np.nan
        fragment = np.where(placed, assigned.fragment, -1)
        return mapped, status, fragment, self._sigma(points, mapped, placed, direction)

    def _sigma(
        self,
        points: Points,
        mapped: Points,
        placed: NDArray[np.bool_],
        direction: Direction,
    ) -> NDArray[np.float64]:
        """Return the expected error in pixels of the slide that was mapped to, ``(N,)``."""
        sigma = np.full(len(points), np.nan)
        at_source = points[placed] if direction == "forward" else mapped[placed]
        sigma[placed] = self.sigma.sample(at_source)
        if direction == "inverse" and self.fragments:
            sigma[placed] /= self._pixel_ratio
        return sigma

    @property
    def _pixel_ratio(self) -> float:
        """Target pixels per source pixel, from the areas of the paired tissue."""
        source = sum(fragment.source.area for fragment in self.fragments)
        target = sum(fragment.target.area for fragment in self.fragments)
        return float(np.sqrt(target / source)) if source > 0 and target > 0 else 1.0


def failed_alignment(
    pair: SlidePair,
    failure: str,
    reasons: tuple[Reason, ...],
    *,
    tissue_source: Outline | None = None,
    tissue_target: Outline | None = None,
    quality: Quality | None = None,
    provenance: Provenance | None = None,
) -> Alignment:
    """Return the record of a pair that could not be aligned: no fragment, all tissue unpaired."""
    source = tissue_source if tissue_source is not None else MultiPolygon()
    target = tissue_target if tissue_target is not None else MultiPolygon()
    return Alignment(
        pair=pair,
        outcome=Outcome.FAILED,
        transform=Piecewise((), polygons_of(source), polygons_of(target)),
        risk=Risk(1.0, reasons),
        quality=quality or Quality(),
        tissue_source=source,
        tissue_target=target,
        failure=failure,
        provenance=provenance or Provenance(),
    )


def polygons_of(outline: Outline) -> tuple[Polygon, ...]:
    """Return the parts of an outline."""
    return tuple(p for p in shapely.get_parts(outline) if isinstance(p, Polygon))
