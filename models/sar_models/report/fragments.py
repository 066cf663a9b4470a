"""Fragments as drawn on both slides and listed beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.report.coverage import (
    paired_share_source,
    paired_share_target,
    unpaired_px2_source,
    unpaired_px2_target,
)
from sar_models.report.palette import fragment_hex
from sar_models.report.paths import label_point, path_of
from sar_models.report.pose import pose_of
from sar_models.report.redact import plain
from sar_models.report.units import NOTHING, Ruler, percent, turn

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment
    from sar_models.domain.transforms import Fragment
    from sar_models.report.material import Material


@dataclass(frozen=True)
class FragmentPicture:
    """A paired piece of tissue: its number and colour are the same on both slides.

    Parameters
    ----------
    number : int
        Counted from 1.
    name, color : str
    source_path, target_path : str
        SVG path data on the views.
    source_label, target_label : (float, float)
        Where the number stands.
    area, turn, scale, residual, confidence : str
        Figures for the table.
    confidence_share : float
        In [0, 1], for a bar.
    anchor_count : int
    """

    number: int
    name: str
    color: str
    source_path: str
    target_path: str
    source_label: tuple[float, float]
    target_label: tuple[float, float]
    area: str
    turn: str
    scale: str
    residual: str
    confidence: str
    confidence_share: float
    anchor_count: int


def fragment_pictures(material: Material) -> tuple[FragmentPicture, ...]:
    """Return all fragments that have an outline on both slides."""
    return tuple(
        _picture(material, index, fragment)
        for index, fragment in enumerate(material.alignment.fragments)
        if not (fragment.source.is_empty or fragment.target.is_empty)
    )


def _picture(material: Material, index: int, fragment: Fragment) -> FragmentPicture:
    pair = material.alignment.pair
    pose = pose_of(fragment, pair)
    return FragmentPicture(
        number=index + 1,
        name=plain(fragment.id),
        color=fragment_hex(index),
        source_path=path_of(fragment.source, material.source),
        target_path=path_of(fragment.target, material.target),
        source_label=label_point(fragment.source, material.source),
        target_label=label_point(fragment.target, material.target),
        area=Ruler(pair.target.mpp).area(fragment.target.area),
        turn=NOTHING if pose is None else turn(pose.rotation_deg, mirrored=pose.mirrored),
        scale=NOTHING if pose is None else f"{pose.scale:.3f}",
        residual=Ruler(pair.target.mpp).length(fragment.residual_px),
        confidence=_confidence(fragment.confidence),
        confidence_share=fragment.confidence,
        anchor_count=fragment.anchor_count,
    )


def _confidence(share: float) -> str:
    """Return a confidence as people believe it: never as certainty."""
    return "> 99 %" if share > 0.99 else percent(share)


def unpaired_areas(alignment: Alignment) -> str:
    """Return how much tissue of each slide has no counterpart; empty where all has."""
    pair = alignment.pair
    told = [
        f"{Ruler(mpp).area(area)} of the {side} ({percent(1 - share)} of its tissue)"
        for side, mpp, area, share in (
            (
                "source",
                pair.source.mpp,
                unpaired_px2_source(alignment),
                paired_share_source(alignment),
            ),
            (
                "target",
                pair.target.mpp,
                unpaired_px2_target(alignment),
                paired_share_target(alignment),
            ),
        )
        if area > 0
    ]
    return ", ".join(told)
