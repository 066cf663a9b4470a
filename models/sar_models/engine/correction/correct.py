"""Correct one fragment of an alignment, and leave all others as they are."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from sar_models.domain.alignment import Reason, failed_alignment
from sar_models.domain.errors import OptionError
from sar_models.engine.correction.asked import (
    NEW,
    check_landmarks,
    check_parent,
    fragment_named,
    unpaired_at,
)
from sar_models.engine.correction.judged import Piece, corrected_piece, judged, standing_piece
from sar_models.engine.correction.remade import held_before, remake
from sar_models.engine.correction.splice import spliced, spliced_anchors, spliced_grids
from sar_models.engine.correction.tissue import mask_of
from sar_models.engine.fragments.hypothesis import Sections
from sar_models.engine.prepare import prepare_pair
from sar_models.engine.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.slides import Slide
    from sar_models.domain.transforms import Piecewise
    from sar_models.engine.correction.remade import Remade
    from sar_models.engine.options import AlignOptions
    from sar_models.engine.prepare import PreparedPair

_NOBODY = "A person said that no tissue of the source is on the target."


def correct(
    source: Slide,
    target: Slide,
    parent: Alignment,
    options: AlignOptions,
    progress: Callable[[str, float], None] | None = None,
) -> Alignment:
    """Return a new version of an alignment in which one fragment lies where landmarks put it.

    Parameters
    ----------
    source, target : Slide
        The slides of the parent.
    parent : Alignment
    options : AlignOptions
        As :func:`correction_options` makes them: the parent's, with fragment and landmarks.
    progress : callable or None
        Called with the name of the stage and the fraction of all work done.

    Returns
    -------
    Alignment
        All other fragments, their anchors and expected errors are those of the parent; tissue that
        the fragment gave up has no counterpart, tissue that it took has one. Figures, risk and
        outcome are measured anew. Its provenance names the parent.

    Raises
    ------
    OptionError
        If the slides are not those of the parent, or it has no such fragment.
    LandmarkError
        If the landmarks lie elsewhere, contradict each other, or lead onto glass.
    SlideError
        If pixels cannot be read.
    """
    started = time.perf_counter()
    if options.fragment is None or options.parent != parent.content_sha256:
        raise OptionError(
            f"The options correct fragment {options.fragment!r} of {options.parent!r}, not one of "
            f"{parent.content_sha256!r}",
            remedy="Make them with correction_options for this parent.",
        )
    check_parent(parent, source.info, target.info)
    fragment_named(parent, options.fragment)
    check_landmarks(parent, options)
    run = Run(source, target, options, progress or _silent)
    run.progress("reading slides", 0.0)
    prepared = prepare_pair(source, target, run.mpps, options, run.see)
    remade = None if options.landmarks is None else _remade(run, prepared, parent)
    alignment = _joined(run, prepared, parent, remade)
    run.progress("aligned", 1.0)
    seconds = time.perf_counter() - started
    return replace(alignment, provenance=replace(alignment.provenance, seconds=seconds))


def _silent(stage: str, done: float) -> None:
    """Report nothing."""


def _index(run: Run, parent: Alignment) -> int | None:
    """Return which fragment is corrected, ``None`` for tissue that had no counterpart."""
    ids = [fragment.id for fragment in parent.fragments]
    return None if run.options.fragment == NEW else ids.index(str(run.options.fragment))


def _remade(run: Run, prepared: PreparedPair, parent: Alignment) -> Remade:
    """Return the fragment as landmarks have it."""
    landmarks = run.options.landmarks
    if landmarks is None:
        raise OptionError("A fragment is to be placed without landmarks")
    index, alone = _index(run, parent), list(parent.transform.unpaired_source)
    if index is None:
        chosen = set(unpaired_at(parent, landmarks[0]).tolist())
        own = tuple(alone[number] for number in sorted(chosen))
        rest = tuple(outline for number, outline in enumerate(alone) if number not in chosen)
        held = held_before(prepared, None, parent.fragments, own, rest, _free_id(parent))
    else:
        fragment = parent.fragments[index]
        others = tuple(other for other in parent.fragments if other is not fragment)
        held = held_before(
            prepared, fragment, others, (fragment.source,), tuple(alone), fragment.id
        )
    return remake(run, prepared, held, landmarks)


def _free_id(parent: Alignment) -> str:
    """Return the name of one piece more."""
    taken = {fragment.id for fragment in parent.fragments}
    number = len(taken) + 1
    while f"piece-{number}" in taken:
        number += 1
    return f"piece-{number}"


def _joined(
    run: Run, prepared: PreparedPair, parent: Alignment, remade: Remade | None
) -> Alignment:
    """Return the parent with its fragment as it is now, judged anew."""
    run.progress("measuring", 0.7)
    index, part = _index(run, parent), None if remade is None else remade.part
    transform = spliced(run, prepared, parent, index, part)
    if not transform.fragments:
        return _nothing_left(run, parent, transform)
    pieces: list[Piece] = []
    for fragment in transform.fragments:
        if remade is not None and fragment.id == remade.part.id:
            pieces.append(corrected_piece(remade))
        elif (standing := standing_piece(run, prepared, parent, fragment)) is not None:
            pieces.append(standing)
    alone = (
        mask_of(transform.unpaired_source, prepared.source),
        mask_of(transform.unpaired_target, prepared.target),
    )
    scale = prepared.scale if prepared.scale is not None else 1.0
    sections = Sections(prepared.source, prepared.target, scale)
    outcome, quality, risk = judged(pieces, alone, sections)
    sigma, sure = parent.sigma, parent.confidence
    if part is not None:
        sigma, sure = spliced_grids(prepared, parent, transform, part)
    return replace(
        parent,
        pair=run.pair,
        outcome=outcome,
        transform=transform,
        risk=risk,
        anchors=spliced_anchors(parent, index, part),
        quality=quality,
        sigma=sigma,
        confidence=sure,
        placements=(),
        failure="",
        provenance=run.provenance(),
    )


def _nothing_left(run: Run, parent: Alignment, transform: Piecewise) -> Alignment:
    failed = failed_alignment(
        run.pair,
        _NOBODY,
        (Reason("no-counterpart", _NOBODY, 1.0),),
        tissue_source=parent.tissue_source,
        tissue_target=parent.tissue_target,
        provenance=run.provenance(),
    )
    return replace(failed, transform=transform)
