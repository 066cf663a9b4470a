"""Two slides and options as a request of the queue; opening slides and the engine take a moment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sar_models.domain.geometry import as_points
from sar_models.engine import correction_options
from sar_models.jobs.pair_options import options_from_values
from sar_models.jobs.pair_request import pair_request
from sar_models.jobs.slide_ref import SlideRef
from sar_models.stores.alignment_folder import read_alignment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sar_models.jobs import Request


def ask(
    source: Mapping[str, Any], target: Mapping[str, Any], options: Mapping[str, Any]
) -> Request:
    """Return the request to align two slides.

    Parameters
    ----------
    source, target : mapping
        A :class:`~sar_models.jobs.slide_ref.SlideRef` each, as JSON values.
    options : mapping
        Options of the alignment as JSON values; what is missing has its default.

    Raises
    ------
    InputError
        If a slide cannot be opened, or an option has an impossible value.
    StoreError
        If a store does not answer.
    """
    return pair_request(SlideRef(**source), SlideRef(**target), options_from_values(options))


def ask_correction(
    source: Mapping[str, Any],
    target: Mapping[str, Any],
    options: Mapping[str, Any],
    parent: str,
    correction: Mapping[str, Any],
) -> Request:
    """Return the request to correct one fragment of an alignment.

    Parameters
    ----------
    source, target : mapping
        Where the slides of the parent are, as for `ask`.
    options : mapping
        Of these, device and memory count.
    parent : str
        Its alignment folder.
    correction : mapping
        ``fragment``, and ``landmarks`` as two lists of points, or ``None``.

    Raises
    ------
    InputError
        If the slides are others than the parent's, it has no such fragment, or landmarks do not
        lie on it.
    StoreError
        If a store does not answer.
    """
    asked = options_from_values(options)
    points = correction["landmarks"]
    landmarks = None if points is None else (as_points(points[0]), as_points(points[1]))
    return pair_request(
        SlideRef(**source),
        SlideRef(**target),
        correction_options(
            read_alignment(Path(parent)),
            correction["fragment"],
            landmarks,
            device=asked.device,
            memory_bytes=asked.memory_bytes,
        ),
        Path(parent),
    )
