"""Tables of the slides and of where the result comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.report.redact import plain, plain_value
from sar_models.report.units import NOTHING

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment
    from sar_models.domain.slides import SlideInfo


@dataclass(frozen=True)
class SlideRow:
    """One property of both slides."""

    label: str
    source: str
    target: str


@dataclass(frozen=True)
class Entry:
    """One line of provenance: a value, or named ones."""

    label: str
    value: str = ""
    items: tuple[tuple[str, str], ...] = ()


def slide_rows(alignment: Alignment) -> tuple[SlideRow, ...]:
    """Return the properties of both slides, side by side."""
    source, target = _properties(alignment.pair.source), _properties(alignment.pair.target)
    return tuple(SlideRow(label, source[label], target[label]) for label in source)


def _properties(slide: SlideInfo) -> dict[str, str]:
    mpp, bounds = slide.mpp, slide.bounds
    unit = "not known" if mpp is None else f"{mpp.x:.4g} × {mpp.y:.4g} µm"
    corner = "whole slide"
    if bounds is not None:
        corner = f"{bounds.width} × {bounds.height} px at ({bounds.x}, {bounds.y})"
    smallest = slide.levels[-1]
    levels = f"{len(slide.levels)}"
    if len(slide.levels) > 1:
        levels += f", down to {smallest.width} × {smallest.height} px"
    return {
        "Name": plain(slide.name),
        "Stain": plain(slide.stain or NOTHING),
        "Size": f"{slide.size.width} × {slide.size.height} px",
        "Pixel size": unit,
        "Levels": levels,
        "Bounds": corner,
        "Reader": plain(f"{slide.reader or NOTHING}, image {slide.series}"),
        "Checksum": plain(slide.checksum or NOTHING),
    }


def provenance_entries(alignment: Alignment) -> tuple[Entry, ...]:
    """Return what was run, on what and when; no host names, no folders."""
    provenance = alignment.provenance
    made = {
        "Made": provenance.created or NOTHING,
        "Run time": f"{provenance.seconds:.1f} s on {plain(provenance.device)}",
        "Seed": str(provenance.seed),
        "Request": provenance.request_id,
        "Content": alignment.content_sha256,
    }
    if provenance.parent:
        made["Corrects"] = provenance.parent
    if provenance.landmarks:
        made["Landmarks"] = provenance.landmarks
    entries = [Entry(label, value) for label, value in made.items()]
    for title, values in (
        ("Versions", provenance.versions),
        ("Weights", provenance.weights),
        ("Options", provenance.options),
    ):
        if values:
            items = tuple((plain(str(k)), plain_value(v)) for k, v in values.items())
            entries.append(Entry(title, items=items))
    return tuple(entries)
