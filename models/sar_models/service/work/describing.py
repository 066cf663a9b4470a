"""What an alignment is, in short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sar_models.domain.slides import FRAME_KINDS
from sar_models.service.work.opened import opened

if TYPE_CHECKING:
    from sar_models.domain.slides import Frame, SlideInfo
    from sar_models.domain.transforms import Fragment


def describe(folder: str) -> dict[str, Any]:
    """Return what clients are told of an alignment, as JSON values; no folders, no addresses."""
    alignment = opened(folder)
    return {
        "content_sha256": alignment.content_sha256,
        "request_id": alignment.request_id,
        "outcome": alignment.outcome.value,
        "failure": alignment.failure,
        "risk": alignment.risk.score,
        "reasons": [reason.text for reason in alignment.risk.reasons],
        "source": _slide(alignment.pair.source),
        "target": _slide(alignment.pair.target),
        "fragments": [_fragment(fragment) for fragment in alignment.fragments],
    }


def _slide(slide: SlideInfo) -> dict[str, Any]:
    return {
        "name": slide.name,
        "stain": slide.stain,
        "mpp": None if slide.mpp is None else [slide.mpp.x, slide.mpp.y],
        "frames": {kind: _frame(slide.frame_of(kind)) for kind in FRAME_KINDS},
    }


def _frame(frame: Frame) -> dict[str, Any]:
    return {
        "width": frame.size.width,
        "height": frame.size.height,
        "offset": [float(value) for value in frame.offset],
    }


def _fragment(fragment: Fragment) -> dict[str, Any]:
    return {
        "id": fragment.id,
        "confidence": fragment.confidence,
        "source_area_px2": fragment.source.area,
        "target_area_px2": fragment.target.area,
    }
