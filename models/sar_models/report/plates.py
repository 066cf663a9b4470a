"""Pictures inlined in the page, with their scale bars and colour bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.report.encode import data_uri, jpeg_within, png
from sar_models.report.palette import map_stops
from sar_models.report.paths import path_of
from sar_models.report.residuals import residual_bins
from sar_models.report.units import Ruler, ScaleBar, scale_bar

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.domain.slides import SlideInfo
    from sar_models.domain.transforms import Outline
    from sar_models.report.heat import HeatMap
    from sar_models.report.material import Material
    from sar_models.report.views import Image, SlideView

_IMAGE_BYTES = 620_000
"""Of one picture: five of them in base64, with all the rest, stay well under 5 MB."""
_HEAT_STEP = 3
"""Heat maps are smooth: a third of the resolution looks the same."""


@dataclass(frozen=True)
class Plate:
    """A slide's view as the page shows it; paths are SVG path data in its pixels."""

    side: str
    image: str
    width: int
    height: int
    bar: ScaleBar | None
    tissue: str
    unpaired: str


@dataclass(frozen=True)
class HeatPlate:
    """A heat map's picture and the scale of its colours."""

    image: str
    stops: tuple[str, ...]
    low: str
    high: str


@dataclass(frozen=True)
class Histogram:
    """Bars as shares of the highest, with what each says, and the ends of the axis."""

    bars: tuple[tuple[float, str], ...]
    low: str
    high: str


def source_plate(material: Material) -> Plate:
    """Return the source slide's view with its tissue."""
    alignment = material.alignment
    return _plate(
        "source",
        material.source,
        alignment.pair.source,
        alignment.tissue_source,
        alignment.transform.unpaired_source,
    )


def target_plate(material: Material) -> Plate:
    """Return the target slide's view with its tissue."""
    alignment = material.alignment
    return _plate(
        "target",
        material.target,
        alignment.pair.target,
        alignment.tissue_target,
        alignment.transform.unpaired_target,
    )


def _plate(
    side: str, view: SlideView, slide: SlideInfo, tissue: Outline, unpaired: tuple[Outline, ...]
) -> Plate:
    return Plate(
        side=side,
        image=jpeg_uri(view.image),
        width=view.size.width,
        height=view.size.height,
        bar=scale_bar(view.um_per_px(slide.mpp), view.size.width),
        tissue=path_of(tissue, view),
        unpaired=" ".join(path_of(outline, view) for outline in unpaired),
    )


def jpeg_uri(image: Image) -> str:
    """Return a picture as a JPEG data URI of bounded size."""
    return data_uri(jpeg_within(image, _IMAGE_BYTES), "jpeg")


def restained_uri(material: Material) -> str:
    """Return the source under the target's stain on the target's view; empty without one."""
    picture = material.warped_restained
    return "" if picture is None else jpeg_uri(picture)


def drawn_uri(material: Material) -> str:
    """Return where the source has a counterpart, as a PNG mask on the target's view."""
    return data_uri(png(material.registered.drawn.astype(np.uint8) * 255), "png")


def confidence_plate(material: Material) -> HeatPlate | None:
    """Return the confidence map, or nothing when no tissue is paired."""
    heat = material.confidence
    if heat is None or not heat.known.size:
        return None
    return _heat_plate(heat, lambda value: f"{value:.0f}")


def error_plate(material: Material) -> HeatPlate | None:
    """Return the map of the expected error, or nothing when it is not known."""
    if material.error is None:
        return None
    return _heat_plate(material.error, Ruler(material.alignment.pair.target.mpp).length)


def _heat_plate(heat: HeatMap, write: Callable[[float], str]) -> HeatPlate:
    # No smoothing before thinning: transparent pixels would bleed into the tissue's rim.
    small = heat.rgba()[::_HEAT_STEP, ::_HEAT_STEP]
    stops = tuple(map_stops(heat.colors))
    return HeatPlate(data_uri(png(small), "png"), stops, write(heat.low), write(heat.high))


def residual_histogram(material: Material) -> Histogram | None:
    """Return the histogram of anchor residuals, or nothing without anchors."""
    bins = residual_bins(material.anchors)
    if not bins:
        return None
    ruler = Ruler(material.alignment.pair.target.mpp)
    most = max(b.count for b in bins)
    bars = tuple(
        (b.count / most, f"{b.count} anchors from {ruler.length(b.low)} to {ruler.length(b.high)}")
        for b in bins
    )
    return Histogram(bars, ruler.length(0.0), ruler.length(bins[-1].high))
