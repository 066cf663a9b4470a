"""What ``sar-align align --parent`` asks for: the slides of the parent, one fragment anew."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from sar_models.domain.errors import OptionError
from sar_models.engine import AlignOptions, correction_options
from sar_models.jobs.slide_ref import SlideRef

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.geometry import Points

_OF_THE_PARENT = ("mode", "seed", "source_mpp", "target_mpp", "source_roi", "target_roi")


def slides_asked(
    source: Path | None, target: Path | None, parent: Alignment | None
) -> tuple[SlideRef, SlideRef]:
    """Return the slides that were named, or those of the parent.

    Raises
    ------
    OptionError
        If only one was named, or none and there is no parent.
    InputError
        If the parent's slides are not where its record says.
    """
    if source is not None and target is not None:
        return SlideRef(str(source)), SlideRef(str(target))
    if parent is None or source is not None:
        raise OptionError(
            "Two slides are needed, source and target",
            remedy="Name both; with --parent both may be left out.",
        )
    return SlideRef.recorded(parent.pair.source), SlideRef.recorded(parent.pair.target)


def correction_asked(
    options: AlignOptions,
    parent: Alignment | None,
    fragment: str | None,
    landmarks: tuple[Points, Points] | None,
    *,
    gone: bool,
) -> AlignOptions:
    """Return the options that correct one fragment.

    Parameters
    ----------
    options : AlignOptions
        As for a whole pair; what is the parent's to say has to have its default.
    parent : Alignment or None
    fragment : str or None
    landmarks : pair of (N, 2) arrays or None
    gone : bool
        The fragment has no counterpart.

    Raises
    ------
    OptionError
        If the options do not go together, or the parent has no such fragment.
    LandmarkError
        If a landmark does not lie on the fragment.
    """
    if fragment is None:
        raise OptionError("--no-counterpart is said of no fragment", remedy="Add --fragment.")
    if parent is None:
        raise OptionError(
            f"--fragment {fragment} belongs to no alignment", remedy="Add --parent DIR."
        )
    if gone == (landmarks is not None):
        raise OptionError(
            f"--fragment {fragment} needs either --landmarks or --no-counterpart",
            remedy="Give one of the two.",
        )
    defaults = AlignOptions()
    given = [
        f"--{field.name.replace('_', '-')}"
        for field in fields(AlignOptions)
        if field.name in _OF_THE_PARENT
        and getattr(options, field.name) != getattr(defaults, field.name)
    ]
    if given:
        raise OptionError(
            f"{', '.join(given)} cannot change for one fragment: the parent's hold",
            remedy="Leave them out, or align the pair again without --fragment.",
        )
    return correction_options(
        parent, fragment, landmarks, device=options.device, memory_bytes=options.memory_bytes
    )
