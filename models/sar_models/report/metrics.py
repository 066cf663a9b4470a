"""The table of figures: what each is, in micrometres where they are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from sar_models.domain.alignment import Outcome
from sar_models.report.coverage import paired_share_source, paired_share_target, placed_pieces
from sar_models.report.pose import pose_of
from sar_models.report.units import NOTHING, Ruler, number, percent, signed

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment
    from sar_models.report.material import Material

Kind = Literal["plain", "share", "target_px", "um", "degrees", "count"]


@dataclass(frozen=True)
class Metric:
    """A row of the table: a name, a value with its unit, what it tells, and more of it.

    ``is_key`` marks the few figures that also stand at the head of the page.
    """

    label: str
    value: str
    meaning: str
    detail: str = ""
    is_key: bool = False


@dataclass(frozen=True)
class _Known:
    label: str
    kind: Kind
    meaning: str


_KNOWN = {
    "shift_contrast": _Known(
        "Shift contrast",
        "plain",
        "How much worse the slides fit when one is moved a little. High: the fit is no accident.",
    ),
    "pose_margin": _Known(
        "Pose margin", "plain", "Fit of the best placement over that of the next different one."
    ),
    "pieces": _Known(
        "Pieces placed", "count", "Pieces that were found on both slides, each by its own map."
    ),
    "seam_share": _Known(
        "Seams",
        "share",
        "Outlines of pieces beyond which tissue goes on, on both slides: nothing is torn there.",
    ),
    "inliers": _Known("Agreeing anchors", "count", "Anchors that the transform brings together."),
    "anchors": _Known("Anchors", "count", "Places that were recognised on both slides."),
    "inlier_ratio": _Known("Share of agreeing anchors", "share", "Agreeing anchors of all."),
    "evidence": _Known(
        "Evidence", "plain", "All signs that the placement is right, weighed together."
    ),
    "contrast_ratio": _Known(
        "Contrast ratio", "plain", "Shift contrast over that of the best accidental placement."
    ),
    "affine_support_share": _Known(
        "Support before bending", "share", "Small regions that agree before the map is bent."
    ),
    "verified_share": _Known(
        "Verified tissue", "share", "Common tissue whose own neighbourhood stands out."
    ),
    "overlap": _Known("Tissue overlap", "share", "Tissue that lies on tissue, of all tissue."),
    "folding": _Known("Folding", "share", "Tissue that the transform turns over. It should be 0."),
    "similarity": _Known("Similarity", "plain", "How alike the registered structures are."),
    "median_residual_px": _Known(
        "Anchor distance", "target_px", "Median distance of agreeing anchors."
    ),
}
_TOLD_AS_TISSUE = frozenset({"paired_source_share", "paired_target_share"})
"""Figures of the engine that rows of the report's own tell."""
_SUFFIXES: tuple[tuple[str, Kind], ...] = (
    ("_px", "target_px"),
    ("_um", "um"),
    ("_deg", "degrees"),
    ("_share", "share"),
    ("_ratio", "plain"),
    ("_count", "count"),
)


def metrics_of(material: Material) -> tuple[Metric, ...]:
    """Return all rows: what the report measures itself, then the engine's figures."""
    alignment = material.alignment
    rows = _errors(material)
    if alignment.outcome is not Outcome.AMBIGUOUS:
        rows = (
            *rows,
            *_pieces(alignment),
            *_tissue(alignment),
            *_poses(alignment),
            *_grid(material),
        )
    told = {row.label for row in rows}
    given = (
        _engine_metric(name, value, Ruler(alignment.pair.target.mpp))
        for name, value in alignment.quality.metrics.items()
        if name not in _TOLD_AS_TISSUE
    )
    return rows + tuple(row for row in given if row.label not in told)


def _pieces(alignment: Alignment) -> tuple[Metric, ...]:
    count = placed_pieces(alignment)
    if not count:
        return ()
    known = _KNOWN["pieces"]
    # One piece has a turn instead, which tells more.
    return (Metric(known.label, str(count), known.meaning, is_key=count > 1),)


def _errors(material: Material) -> tuple[Metric, ...]:
    ruler = Ruler(material.alignment.pair.target.mpp)
    rows = []
    if material.error is not None and material.error.known.size:
        middle, most = np.percentile(material.error.known, [50, 90])
        rows.append(
            Metric(
                "Expected error",
                ruler.length(float(middle)),
                "Estimated distance between where a point is put and where it belongs: median "
                "over all paired tissue.",
                f"90 % below {ruler.length(float(most))}",
                is_key=True,
            )
        )
    residual = material.anchors.inlier_residual_px
    if residual.size:
        middle, most = np.percentile(residual, [50, 90])
        rows.append(
            Metric(
                "Anchor residual",
                ruler.length(float(middle)),
                "Median distance of agreeing anchors once the source is mapped to the target.",
                f"90 % below {ruler.length(float(most))}",
            )
        )
    if len(material.anchors):
        inliers = int(material.anchors.inlier.sum())
        rows.append(
            Metric(
                "Anchors that agree",
                str(inliers),
                "Places recognised on both slides that the transform brings together.",
                f"of {len(material.anchors)}",
                is_key=material.is_registered,
            )
        )
    return tuple(rows)


def _tissue(alignment: Alignment) -> tuple[Metric, ...]:
    return (
        Metric(
            "Source tissue paired",
            percent(paired_share_source(alignment)),
            "Tissue area of the source slide that has a counterpart on the target.",
            is_key=bool(alignment.fragments),
        ),
        Metric(
            "Target tissue paired",
            percent(paired_share_target(alignment)),
            "Tissue area of the target slide that has a counterpart on the source.",
        ),
    )


def _poses(alignment: Alignment) -> tuple[Metric, ...]:
    if len(alignment.fragments) != 1:
        return ()
    pose = pose_of(alignment.fragments[0], alignment.pair)
    if pose is None:
        return ()
    unit = "in micrometres" if pose.physical else "in pixels, as micrometres are not known"
    return (
        Metric(
            "Turn",
            f"{signed(pose.rotation_deg, 1)}°",
            "Clockwise turn of the source that brings it onto the target.",
            "mirrored" if pose.mirrored else "",
            is_key=True,
        ),
        Metric("Scale", f"{pose.scale:.4f}", f"Change of length from source to target, {unit}."),
    )


def _grid(material: Material) -> tuple[Metric, ...]:
    if not any(lattice.known_change.size for lattice in material.lattices):
        return ()
    known = np.concatenate([lattice.known_change for lattice in material.lattices])
    low, high = 2.0 ** np.percentile(known, [1, 99]) - 1
    folds = sum(int(lattice.folded.sum()) for lattice in material.lattices)
    return (
        Metric(
            "Local change of area",
            "below 1 %" if max(-low, high) < 0.005 else _range(low, high),
            "Shrinking and stretching against the middle of each piece, 98 % of all places.",
        ),
        Metric("Folded grid cells", str(folds), "Cells that are turned over. It should be 0."),
    )


def _range(low: float, high: float) -> str:
    return f"{signed(100 * low)} % to {signed(100 * high)} %"


def _engine_metric(name: str, value: float, ruler: Ruler) -> Metric:
    known = _KNOWN.get(name)
    if known is not None:
        return Metric(known.label, _written(value, known.kind, ruler), known.meaning)
    for suffix, kind in _SUFFIXES:
        if name.endswith(suffix):
            label = name.removesuffix(suffix) if kind in {"target_px", "um", "degrees"} else name
            return Metric(_spoken(label), _written(value, kind, ruler), "")
    return Metric(_spoken(name), _written(value, "plain", ruler), "")


def _spoken(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _written(value: float, kind: Kind, ruler: Ruler) -> str:
    if not np.isfinite(value):
        return NOTHING
    if kind == "share":
        return percent(value)
    if kind == "target_px":
        return ruler.length(value)
    if kind == "um":
        return Ruler(None).length(value).replace("px", "µm")
    if kind == "degrees":
        return f"{value:.1f}°"
    return f"{value:,.0f}".replace(",", " ") if kind == "count" else number(value)
