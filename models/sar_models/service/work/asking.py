"""Two slides and options as a request of the queue; opening slides and the engine take a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sar_models.jobs.pair_options import options_from_values
from sar_models.jobs.pair_request import pair_request
from sar_models.jobs.slide_ref import SlideRef

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
