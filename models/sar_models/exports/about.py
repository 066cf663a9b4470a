"""What an exported file says of itself: direction, frames, units, error, what is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

from sar_models.__about__ import __version__

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment
    from sar_models.domain.transforms import Outline
    from sar_models.exports.accuracy import Accuracy
    from sar_models.exports.formats import ExportFormat
    from sar_models.exports.smooth import Side, SmoothMap

MARK = "sar_align_export"
"""Key by which a file or folder is known as an export of ours; its value is the version."""
VERSION = 1


def about(
    alignment: Alignment,
    form: ExportFormat,
    maps: tuple[SmoothMap, ...],
    accuracy: Accuracy,
    tolerance_px: float,
) -> dict[str, Any]:
    """Return the statement that goes with one file, as JSON values.

    Parameters
    ----------
    alignment : Alignment
    form : ExportFormat
    maps : tuple of SmoothMap
        The pieces in the file.
    accuracy : Accuracy
    tolerance_px : float
        The error that was accepted.
    """
    start, end = maps[0].start, maps[0].end
    return {
        MARK: VERSION,
        "written_by": f"sar-align {__version__}",
        "format": form.name,
        "read_by": form.read_by,
        "direction": f"{end.role}_from_{start.role}",
        "maps": f"points of the {start.role} slide {start.space.slide.name!r} to the "
        f"{end.role} slide {end.space.slide.name!r}",
        "use": use_of(form, maps[0]),
        "from": _side(start),
        "to": _side(end),
        "pieces": [
            {
                "id": smooth.id,
                "confidence": smooth.confidence,
                "from_tissue_level0_px": _wkt(smooth.start.tissue),
                "to_tissue_level0_px": _wkt(smooth.end.tissue),
            }
            for smooth in maps
        ],
        "loses": form.loses,
        "error_over_tissue": {**accuracy.to_record(), "tolerance_px": round(tolerance_px, 6)},
        "alignment": {
            "outcome": alignment.outcome.value,
            "risk": alignment.risk.score,
            "request_id": alignment.request_id,
            "content_sha256": alignment.content_sha256,
        },
    }


def use_of(form: ExportFormat, smooth: SmoothMap) -> str:
    """Return what to do with a file, with the slides' names in it."""
    return form.use.format(start=smooth.start.space.slide.name, end=smooth.end.space.slide.name)


def _wkt(outline: Outline) -> str:
    """Return an outline as well-known text: one line, where GeoJSON would fill pages."""
    return str(shapely.to_wkt(outline, rounding_precision=1))


def _side(side: Side) -> dict[str, Any]:
    """Return how coordinates are counted on one slide, and how they follow from pixels."""
    space, slide = side.space, side.space.slide
    size = slide.frame_of(space.frame).size
    return {
        "role": side.role.value,
        "slide": slide.name,
        "checksum": slide.checksum,
        "size_px": [size.width, size.height],
        "mpp": None if slide.mpp is None else [slide.mpp.x, slide.mpp.y],
        "frame": space.frame,
        "zero_is": f"{space.origin} of the first pixel",
        "units": space.units,
        "pixel_extent": list(space.spacing),
        "coordinates_from_level0_px": space.from_level0.matrix.tolist(),
    }
