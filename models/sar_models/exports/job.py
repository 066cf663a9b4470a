"""What is exported: the pieces of an alignment, between the coordinates of a format."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.alignment import Outcome
from sar_models.domain.errors import ExportError, NoTransformError
from sar_models.exports.smooth import Role, Side, SmoothMap
from sar_models.exports.space import Space

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment, Direction
    from sar_models.domain.transforms import Fragment, Outline
    from sar_models.exports.formats import ExportFormat
    from sar_models.exports.options import ExportOptions

_LEAST_TOLERANCE_PX = 0.5
_SHARE_OF_EXPECTED_ERROR = 0.1


@dataclass(frozen=True, eq=False)
class Job:
    """An export with everything decided.

    Parameters
    ----------
    alignment : Alignment
        With the chosen pieces alone; the tissue of others has no counterpart in it.
    direction : {"forward", "inverse"}
        ``forward``: the written maps take source points to the target.
    maps : tuple of SmoothMap
        One for each piece, at least one.
    """

    alignment: Alignment
    direction: Direction
    maps: tuple[SmoothMap, ...]

    @property
    def unpaired(self) -> tuple[Outline, ...]:
        """Tissue without a counterpart on the slide that is mapped from, level-0 pixels."""
        transform = self.alignment.transform
        forward = self.direction == "forward"
        return transform.unpaired_source if forward else transform.unpaired_target

    def tolerance_px(self, options: ExportOptions) -> float:
        """Return the error that is accepted: the one asked for, or one that nobody would notice."""
        if options.tolerance_px is not None:
            return options.tolerance_px
        points = np.concatenate([smooth.tissue_px for smooth in self.maps])
        sigma = self.alignment.map(points, self.direction).sigma_px
        sigma = sigma[np.isfinite(sigma)]
        expected = float(np.median(sigma)) if sigma.size else 0.0
        return max(_LEAST_TOLERANCE_PX, _SHARE_OF_EXPECTED_ERROR * expected)


def make_job(alignment: Alignment, form: ExportFormat, options: ExportOptions) -> Job:
    """Choose pieces, direction and coordinates.

    Raises
    ------
    NoTransformError
        If the alignment failed or is ambiguous.
    ExportError
        If the piece does not exist, or the coordinates need a pixel size that nobody knows.
    FrameError
        If a frame is not known for its slide.
    """
    _check_aligned(alignment)
    chosen = _only(alignment, options.fragment)
    # With --inverse the slides change places; a format's own direction turns it once more.
    forward = form.maps_forward != options.inverse
    maps = tuple(_smooth_map(chosen, piece, form, options, forward) for piece in chosen.fragments)
    return Job(chosen, "forward" if forward else "inverse", maps)


def _check_aligned(alignment: Alignment) -> None:
    pair = f"{alignment.pair.source.name!r} and {alignment.pair.target.name!r}"
    if alignment.outcome is Outcome.AMBIGUOUS:
        raise NoTransformError(
            f"{pair} have {len(alignment.placements)} placements that are equally good: no "
            "transform stands for the alignment",
            remedy="Align them again with --target-roi around the right one.",
        )
    if alignment.outcome is Outcome.FAILED or not alignment.fragments:
        why = alignment.failure.rstrip(".") or "no piece was placed"
        raise NoTransformError(
            f"{pair} were not aligned, there is no transform to write: {why}",
            remedy="The report of the alignment shows what was tried.",
        )


def _only(alignment: Alignment, wanted: str | None) -> Alignment:
    """Return the alignment with the wanted piece alone; the others lose their counterparts."""
    pieces = alignment.fragments
    if wanted is None:
        return alignment
    numbers = {str(number): piece for number, piece in enumerate(pieces, start=1)}
    by_name = numbers | {piece.id: piece for piece in pieces}
    if wanted not in by_name:
        listed = ", ".join(f"{number} ({piece.id})" for number, piece in numbers.items())
        raise ExportError(
            f"The alignment has no piece {wanted!r}", remedy=f"Its pieces are {listed}."
        )
    kept = by_name[wanted]
    others = [piece for piece in pieces if piece is not kept]
    transform = alignment.transform
    return replace(
        alignment,
        transform=replace(
            transform,
            fragments=(kept,),
            unpaired_source=(*transform.unpaired_source, *(piece.source for piece in others)),
            unpaired_target=(*transform.unpaired_target, *(piece.target for piece in others)),
        ),
    )


def _smooth_map(
    alignment: Alignment,
    piece: Fragment,
    form: ExportFormat,
    options: ExportOptions,
    forward: bool,
) -> SmoothMap:
    pair, transform = alignment.pair, alignment.transform
    source, target = (
        Side(
            role,
            Space(slide, options.frame or form.frame, form.origin, options.units or form.units[0]),
            tissue,
            reach_px,
        )
        for role, slide, tissue, reach_px in (
            (Role.SOURCE, pair.source, piece.source, transform.reach_source_px),
            (Role.TARGET, pair.target, piece.target, transform.reach_target_px),
        )
    )
    if forward:
        return SmoothMap(piece.id, piece.confidence, source, target, piece.transform)
    return SmoothMap(piece.id, piece.confidence, target, source, piece.transform.inverse())
