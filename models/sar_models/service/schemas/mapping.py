"""Points and annotations on their way from one slide to the other."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from sar_models.domain.alignment import Status
from sar_models.domain.slides import FrameKind
from sar_models.service.schemas.base import Answer, Body, Coordinate

DirectionName = Literal["forward", "inverse"]


class PointsIn(Body):
    """Points to map."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"points": [[1200.0, 860.0], [1310.5, 902.25]]},
                {"direction": "inverse", "frame": "qupath", "points": [[640, 480]]},
            ]
        }
    )

    points: list[tuple[Coordinate, Coordinate]] = Field(
        description="[x, y] each, level-0 pixels, corner origin."
    )
    direction: DirectionName = Field(
        "forward", description="forward: from the source slide to the target; inverse: back."
    )
    frame: FrameKind = Field("file", description="Whose level-0 pixels the points are.")
    output_frame: FrameKind | None = Field(
        None, description="Whose pixels of the other slide are wanted; the same kind if missing."
    )


class PointsOut(Answer):
    """Mapped points, one entry for each that was sent, in their order."""

    direction: DirectionName
    points: list[tuple[float, float] | None] = Field(
        description="[x, y] on the other slide, null where there is no counterpart."
    )
    status: list[Status]
    fragment: list[str | None] = Field(description="Piece of tissue that was followed.")
    sigma_px: list[float | None] = Field(description="Expected error, pixels of the other slide.")
    sigma_um: list[float | None] | None = Field(
        description="The same in micrometres, if the slide's pixel size is known."
    )


class NotMapped(Answer):
    """An object that did not simply map."""

    id: str
    name: str
    verdict: str
    reason: str


class TransferSummary(Answer):
    """What became of the objects."""

    counts: dict[str, int]
    problems: list[NotMapped] = Field(description="The first 5 000; the counts tell of all.")
    notes: list[str] = Field(description="What was repaired on the way.")


class GeojsonOut(Answer):
    """A collection as QuPath reads it, with one further member."""

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]
    sar_align: TransferSummary


GEOJSON_EXAMPLE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "id": "8f1ad3f0-6b5e-4f7e-9d0a-0c3a6a3d1f10",
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[700, 600], [900, 600], [900, 800], [700, 800], [700, 600]]],
            },
            "properties": {
                "objectType": "annotation",
                "name": "T1",
                "classification": {"name": "Tumor", "color": [200, 0, 0]},
            },
        }
    ],
}
