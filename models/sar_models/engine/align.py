"""Align two slides: from pixels to an :class:`~sar_models.domain.alignment.Alignment`."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from sar_models.domain.alignment import Outcome
from sar_models.domain.errors import OptionError
from sar_models.engine.failures import no_tissue
from sar_models.engine.fragments.torn import align_torn, has_necks, is_in_pieces
from sar_models.engine.intact import align_intact
from sar_models.engine.prepare import prepare_pair
from sar_models.engine.run import Run
from sar_models.engine.ways import most_credible

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.slides import Slide
    from sar_models.engine.options import AlignOptions
    from sar_models.engine.prepare import PreparedPair

_SETTLED = (Outcome.ALIGNED, Outcome.AMBIGUOUS)


def align(
    source: Slide,
    target: Slide,
    options: AlignOptions,
    progress: Callable[[str, float], None] | None = None,
) -> Alignment:
    """Align the source slide to the target slide.

    Parameters
    ----------
    source, target : Slide
        Open slides; only the pyramid level that registration needs is read, in strips.
    options : AlignOptions
    progress : callable or None
        Called with the name of the stage and the fraction of all work done.

    Returns
    -------
    Alignment
        Complete also when the slides could not be aligned: then its outcome is ``failed``.

    Raises
    ------
    SlideError
        If pixels cannot be read.
    OptionError
        If an option does not fit the slides or this machine.
    """
    started = time.perf_counter()
    if options.fragment is not None:
        raise OptionError(
            f"Only fragment {options.fragment!r} is to be aligned, without the rest of its parent",
            remedy="Use sar_models.engine.correct with the parent.",
        )
    run = Run(source, target, options, progress or _silent)
    alignment = _aligned(run)
    run.progress("aligned", 1.0)
    seconds = time.perf_counter() - started
    return replace(alignment, provenance=replace(alignment.provenance, seconds=seconds))


def _silent(stage: str, done: float) -> None:
    """Report nothing."""


def _aligned(run: Run) -> Alignment:
    run.progress("reading slides", 0.0)
    prepared = prepare_pair(run.source, run.target, run.mpps, run.options)
    if prepared.source.is_empty or prepared.target.is_empty:
        return no_tissue(run.pair, prepared, run.provenance())
    mode = run.options.mode
    if run.options.landmarks is not None or mode == "intact":
        return align_intact(run, prepared)
    if mode == "fragments":
        return align_torn(run, prepared)
    return _decided_by_tissue(run, prepared)


def _decided_by_tissue(run: Run, prepared: PreparedPair) -> Alignment:
    """Align as the tissue lies, in one piece or in several; the other way where that fails."""
    if is_in_pieces(prepared):
        ways = [align_torn, align_intact]
    elif has_necks(prepared):
        ways = [align_intact, align_torn]
    else:
        ways = [align_intact]
    tried: list[Alignment] = []
    for way in ways:
        tried.append(way(run, prepared))
        if tried[-1].outcome in _SETTLED:
            break
    return most_credible(tried)
