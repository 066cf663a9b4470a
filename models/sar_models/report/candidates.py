"""The placements of an ambiguous pair, each as a picture and as a way to choose it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.domain.geometry import Size
from sar_models.report.encode import data_uri, jpeg_within
from sar_models.report.paths import path_of
from sar_models.report.resample import shrink
from sar_models.report.units import number, turn

if TYPE_CHECKING:
    from sar_models.domain.alignment import Placement
    from sar_models.report.material import Material

_MAX_SHOWN = 6
_SIDE = 620
_BYTES = 90_000


@dataclass(frozen=True)
class Candidate:
    """One placement.

    Parameters
    ----------
    number : int
        Counted from 1, best first.
    score : str
    turn : str
    image : str
        Data URI of the false-colour overlay under this placement.
    outline : str
        SVG path data of where the source tissue comes to lie, on the target's view.
    roi : str
        ``x,y,width,height`` around it, as ``--target-roi`` takes it.
    """

    number: int
    score: str
    turn: str
    image: str
    outline: str
    roi: str


def candidates_of(material: Material) -> tuple[Candidate, ...]:
    """Return the best placements of an ambiguous pair."""
    placements = material.alignment.placements[:_MAX_SHOWN]
    return tuple(_candidate(material, n, p) for n, p in enumerate(placements, start=1))


def _candidate(material: Material, index: int, placement: Placement) -> Candidate:
    image = material.overlay_under(placement.target_from_source)
    factor = min(1.0, _SIDE / max(image.shape[:2]))
    size = Size(max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    affine = placement.target_from_source
    return Candidate(
        index,
        number(placement.score),
        turn(affine.rotation_deg, mirrored=affine.mirrored),
        data_uri(jpeg_within(shrink(image, size), _BYTES), "jpeg"),
        path_of(placement.target_outline, material.target),
        _roi(material, placement),
    )


def _roi(material: Material, placement: Placement) -> str:
    """Return whole level-0 pixels around the outline, within the slide; empty without any."""
    if placement.target_outline.is_empty:
        return ""
    left, top, right, bottom = placement.target_outline.bounds
    slide = material.alignment.pair.target.size
    x, y = max(0, math.floor(left)), max(0, math.floor(top))
    width = min(slide.width, math.ceil(right)) - x
    height = min(slide.height, math.ceil(bottom)) - y
    return f"{x},{y},{width},{height}" if width > 0 and height > 0 else ""
