"""Pairs to align, and how far they are."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from sar_models.jobs import EventKind, State
from sar_models.service.schemas.base import Answer, Body, Coordinate, Sha256

_Positive = Annotated[float, Field(gt=0, le=1e4, allow_inf_nan=False)]
_Points = list[tuple[Coordinate, Coordinate]]
_LARGEST_MEMORY = 2**40
_LARGEST_PX = 100_000_000


class SlideIn(Body):
    """A slide: a file below a root, or one of a store."""

    slide: str = Field(
        min_length=1,
        max_length=4096,
        description="Absolute path or file: URI; with `store`, the slide's name in there.",
        examples=["/slides/he.svs"],
    )
    store: str | None = Field(
        None, min_length=1, max_length=4096, description="URI of a store, as folder:/slides."
    )
    series: int | None = Field(
        None, ge=0, le=100_000, description="Which image of a file with several, from 0."
    )


class MppIn(Body):
    """Micrometres per level-0 pixel."""

    x: _Positive
    y: _Positive


class RegionIn(Body):
    """Part of a slide, level-0 pixels."""

    x: int = Field(ge=-_LARGEST_PX, le=_LARGEST_PX)
    y: int = Field(ge=-_LARGEST_PX, le=_LARGEST_PX)
    width: int = Field(gt=0, le=_LARGEST_PX)
    height: int = Field(gt=0, le=_LARGEST_PX)


class LandmarksIn(Body):
    """Points that have to stay on each other: the first of each list, the second, ..."""

    source: _Points = Field(min_length=1, max_length=1000)
    target: _Points = Field(min_length=1, max_length=1000)


class OptionsIn(Body):
    """Options of an alignment, as those of `sar-align align`."""

    mode: Literal["auto", "intact", "fragments"] = "auto"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    memory_bytes: int = Field(default=4 * 2**30, ge=0, le=_LARGEST_MEMORY)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    source_mpp: MppIn | None = None
    target_mpp: MppIn | None = None
    source_roi: RegionIn | None = None
    target_roi: RegionIn | None = None
    landmarks: LandmarksIn | None = None
    parent: Sha256 | None = Field(
        default=None, description="content_sha256 of the alignment that this one corrects."
    )

    def to_values(self) -> dict[str, Any]:
        """Return them as the queue has them."""
        values = self.model_dump(mode="json")
        if self.landmarks is not None:
            values["landmarks"] = [self.landmarks.source, self.landmarks.target]
        return values


class CorrectionIn(Body):
    """One fragment of an alignment to align anew; everything else of it stays as it is.

    Mode, pixel sizes, regions and seed are those of that alignment.
    """

    alignment: Sha256 = Field(description="Id of the alignment that is corrected.")
    fragment: str = Field(
        min_length=1,
        max_length=200,
        description="Id or number of its fragment; `new`: tissue without a counterpart.",
    )
    landmarks: LandmarksIn | None = None
    no_counterpart: bool = Field(False, description="The fragment is not on the target.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.no_counterpart == (self.landmarks is not None):
            raise ValueError("give either landmarks or no_counterpart")
        return self

    def to_values(self) -> dict[str, Any]:
        """Return fragment and landmarks as JSON values."""
        points = self.landmarks
        return {
            "fragment": self.fragment,
            "landmarks": None if points is None else [points.source, points.target],
        }


class JobIn(Body):
    """A pair to align."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"source": {"slide": "/slides/he.svs"}, "target": {"slide": "/slides/ihc.svs"}},
                {
                    "source": {"slide": "file:///slides/he.tif", "series": 1},
                    "target": {"slide": "ihc.tif", "store": "folder:/slides"},
                    "options": {"mode": "fragments", "source_mpp": {"x": 0.25, "y": 0.25}},
                    "priority": 5,
                },
            ]
        }
    )

    source: SlideIn = Field(description="Its annotations will move.")
    target: SlideIn
    options: OptionsIn = OptionsIn()
    correction: CorrectionIn | None = Field(
        None, description="Correct one fragment; of the options only device and memory count."
    )
    priority: int = Field(0, ge=-1000, le=1000, description="Higher ones come first.")
    refresh: bool = Field(False, description="Align again what an older version aligned.")


class JobOut(Answer):
    """A pair in the queue, as it stands."""

    id: Sha256
    number: int
    title: str
    state: State
    stage: str
    fraction: float = Field(description="How much of it is done, in [0, 1].")
    attempt: int
    priority: int
    cancelling: bool
    reason: str = Field(description="Why it failed, was cancelled, or is tried again.")
    submitted_at: float = Field(description="Seconds since the epoch, as all times.")
    started_at: float | None
    finished_at: float | None
    result: dict[str, Any] | None = Field(description="Outcome, risk, reasons, figures.")
    alignment: Sha256 | None = Field(description="Id of the alignment, when it is done.")


class CountsOut(Answer):
    """How many jobs are in each state."""

    queued: int
    running: int
    done: int
    failed: int
    cancelled: int


class JobsOut(Answer):
    """A page of jobs, in the order of submission."""

    jobs: list[JobOut]
    next: int | None = Field(description="To be sent as `after` for the next page; null: no more.")
    counts: CountsOut


class EventOut(Answer):
    """Something that happened."""

    number: int
    job: Sha256
    at: float
    kind: EventKind
    data: dict[str, Any]


class EventsOut(Answer):
    """What happened, in order."""

    events: list[EventOut]
    last: int = Field(description="To be sent as `after` the next time.")
