"""Points of one slide onto the other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from sar_models.domain.errors import AnnotationError, FrameError
from sar_models.domain.transfer import PointTransfer
from sar_models.service.schemas.mapping import PointsIn
from sar_models.service.work.opened import opened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.alignment import Mapping
    from sar_models.domain.geometry import Points

_DECIMALS = 4


def map_points(folder: str, body: bytes, most: int) -> bytes:
    """Return the JSON text that answers the JSON text of a request.

    Parameters
    ----------
    folder : str
        Alignment folder.
    body : bytes
        A :class:`PointsIn`.
    most : int
        How many points may be asked for at once.

    Raises
    ------
    AnnotationError
        If the text cannot be used.
    FrameError
        If no point lies on the slide.
    """
    asked = _read(body)
    if len(asked.points) > most:
        raise AnnotationError(
            f"{len(asked.points):,} points at once", remedy=f"Send {most:,} at most."
        )
    transfer = PointTransfer(opened(folder), asked.direction, asked.frame, asked.output_frame)
    points = np.array(asked.points, dtype=np.float64).reshape(-1, 2)
    _check_on_slide(transfer, points)
    return json.dumps(_answer(transfer, transfer.map(points)), separators=(",", ":")).encode()


def _read(body: bytes) -> PointsIn:
    try:
        return PointsIn.model_validate_json(body)
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        more = f" (and {exc.error_count() - 1} more)" if exc.error_count() > 1 else ""
        raise AnnotationError(
            f"The points cannot be used: {where}: {first['msg']}{more}",
            remedy='Send {"points": [[x, y], ...]} in level-0 pixels.',
        ) from exc


def _check_on_slide(transfer: PointTransfer, points: Points) -> None:
    if len(points) and not transfer.lies_on_slide(points).any():
        raise FrameError(
            f"None of the points lies on slide {transfer.slide.name!r} "
            f"({transfer.source_frame.size} pixels in the frame {transfer.frame!r})",
            remedy="Check slide, direction and frame; coordinates are level-0 pixels.",
        )


def _answer(transfer: PointTransfer, mapping: Mapping) -> dict[str, Any]:
    names = [fragment.id for fragment in transfer.alignment.fragments]
    return {
        "direction": transfer.direction,
        "points": [
            point if there else None
            for point, there in zip(
                np.round(mapping.points, _DECIMALS).tolist(), mapping.has_counterpart, strict=True
            )
        ],
        "status": mapping.status.tolist(),
        "fragment": [names[i] if i >= 0 else None for i in mapping.fragment.tolist()],
        "sigma_px": _numbers(mapping.sigma_px),
        "sigma_um": None if mapping.sigma_um is None else _numbers(mapping.sigma_um),
    }


def _numbers(values: NDArray[np.float64]) -> list[float | None]:
    """Return numbers as JSON has them: none where there is none."""
    finite = np.isfinite(values).tolist()
    rounded = np.round(values, _DECIMALS).tolist()
    return [value if there else None for value, there in zip(rounded, finite, strict=True)]
