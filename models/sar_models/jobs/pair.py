"""One pair of slides: open, align, report, write the alignment folder."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sar_models.domain.alignment import Outcome
from sar_models.domain.errors import InputError
from sar_models.engine import align, correct, read_views, restain
from sar_models.engine.correction import check_parent
from sar_models.report import SlideView, render_previews, render_report
from sar_models.stores.alignment_folder import write_alignment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.slides import Slide
    from sar_models.engine import AlignOptions
    from sar_models.jobs.slide_ref import SlideRef

_log = logging.getLogger("sar_align")
_RESTAINED_PX = 720
"""Long side at which the source is painted with the target's stain: to look at, and not dear."""


@dataclass(frozen=True, eq=False)
class PairRun:
    """A pair that was aligned and written.

    Parameters
    ----------
    alignment : Alignment
    folder : Path
        The alignment folder.
    """

    alignment: Alignment
    folder: Path

    def to_values(self) -> dict[str, Any]:
        """Return what is told of it as JSON values, by commands and by the queue alike."""
        return {
            "outcome": self.alignment.outcome.value,
            "risk": round(self.alignment.risk.score, 4),
            "reasons": [reason.text for reason in self.alignment.risk.reasons],
            "failure": self.alignment.failure,
            "content_sha256": self.alignment.content_sha256,
        }


def run_pair(
    source: SlideRef,
    target: SlideRef,
    folder: Path,
    options: AlignOptions,
    progress: Callable[[str, float], None],
    *,
    parent: Alignment | None = None,
    overwrite: bool = False,
) -> PairRun:
    """Align two slides and write the alignment folder, also when alignment fails.

    Parameters
    ----------
    source, target : SlideRef
        Slide files, or slides of a store.
    folder : Path
        Where the alignment folder goes.
    options : AlignOptions
    progress : callable
        Called with the name of the stage and the fraction done in [0, 1].
    parent : Alignment or None
        What is corrected, of the same slides; only the fragment that ``options`` name is aligned
        anew where they name one.
    overwrite : bool
        Replace an existing folder.

    Raises
    ------
    OptionError
        If the parent aligned other slides, or has no such fragment.
    LandmarkError
        If landmarks do not lie on the fragment, contradict each other, or lead onto glass.
    SlideError
        If a slide cannot be opened or read.
    StoreError
        If its store cannot be.
    OutputExistsError
        If ``folder`` exists and ``overwrite`` is not set.
    """
    progress("opening slides", 0.0)
    # What has to be decoded in one piece may take half the budget; the rest is for the engine.
    limit = options.memory_bytes // 2
    with source.opened(limit) as source_slide, target.opened(limit) as target_slide:
        return run_open_pair(
            source_slide,
            target_slide,
            folder,
            options,
            progress,
            parent=parent,
            overwrite=overwrite,
        )


def run_open_pair(
    source: Slide,
    target: Slide,
    folder: Path,
    options: AlignOptions,
    progress: Callable[[str, float], None],
    *,
    parent: Alignment | None = None,
    overwrite: bool = False,
) -> PairRun:
    """Align two open slides of any store and write the alignment folder; see :func:`run_pair`."""
    if parent is not None:
        check_parent(parent, source.info, target.info)

    def aligning(stage: str, done: float) -> None:
        progress(stage, 0.85 * done)

    if parent is None or options.fragment is None:
        alignment = align(source, target, options, aligning)
    else:
        alignment = correct(source, target, parent, options, aligning)
    progress("drawing the report", 0.85)
    source_view, target_view = (
        SlideView(view.image, view.slide_from_view) for view in read_views(source, target, options)
    )
    restained = _restained(alignment, source_view, target_view, options)
    views = source_view, target_view
    files = {"report.html": render_report(alignment, *views, restained=restained).encode()}
    previews = render_previews(alignment, *views, restained)
    files |= {f"preview/{name}": data for name, data in previews.items()}
    progress("writing", 0.97)
    write_alignment(folder, alignment, files, overwrite=overwrite)
    progress("done", 1.0)
    return PairRun(alignment, folder)


def _restained(
    alignment: Alignment, source: SlideView, target: SlideView, options: AlignOptions
) -> SlideView | None:
    """Return the source under the target's stain, where it lies on the target."""
    if not alignment.fragments or alignment.outcome is Outcome.AMBIGUOUS:
        return None
    small, like = source.shrunk(_RESTAINED_PX), target.shrunk(_RESTAINED_PX)
    try:
        return SlideView(restain(small.image, like.image, options.device), small.slide_from_view)
    except InputError as exc:
        # The alignment stands; what was to illustrate it must not cost it.
        _log.warning("The report lacks the source under the target's stain: %s", exc)
        return None
