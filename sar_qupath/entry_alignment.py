"""An alignment between two files as one between two entries: what files for QuPath are made of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from sar_models.domain.alignment import Alignment, Anchors
from sar_models.domain.geometry import ScalarGrid
from sar_models.domain.slides import SlidePair
from sar_models.domain.transforms import Affine, Sequence

if TYPE_CHECKING:
    from sar_models.domain.slides import SlideInfo
    from sar_models.domain.transforms import Fragment, Outline, Transform
    from sar_qupath.frames import EntryFrame


def between_entries(alignment: Alignment, source: EntryFrame, target: EntryFrame) -> Alignment:
    """Return the alignment in the pixels of the entries, for export alone.

    Parameters
    ----------
    alignment : Alignment
        Between the files.
    source, target : EntryFrame
        Of the entries that show them.
    """
    pair, piecewise = alignment.pair, alignment.transform
    sigma = alignment.sigma.values
    known = sigma[np.isfinite(sigma)]
    expected = float(np.median(known)) if known.size else float("nan")
    return replace(
        alignment,
        pair=SlidePair(_shown(pair.source, source), _shown(pair.target, target)),
        transform=replace(
            piecewise,
            fragments=tuple(_moved(f, source, target) for f in piecewise.fragments),
            unpaired_source=tuple(_outline(o, source) for o in piecewise.unpaired_source),
            unpaired_target=tuple(_outline(o, target) for o in piecewise.unpaired_target),
            reach_source_px=piecewise.reach_source_px * source.entry_from_file.scale,
            reach_target_px=piecewise.reach_target_px * target.entry_from_file.scale,
        ),
        anchors=Anchors.none(),
        sigma=ScalarGrid.constant(expected * target.entry_from_file.scale),
        confidence=ScalarGrid.constant(1.0),
        tissue_source=_outline(alignment.tissue_source, source),
        tissue_target=_outline(alignment.tissue_target, target),
    )


def _shown(slide: SlideInfo, frame: EntryFrame) -> SlideInfo:
    return replace(slide, size=frame.size, levels=(frame.size,), bounds=None)


def _outline(outline: Outline, frame: EntryFrame) -> Outline:
    moved: Outline = shapely.transform(outline, frame.entry_from_file.map)
    return moved


def _moved(fragment: Fragment, source: EntryFrame, target: EntryFrame) -> Fragment:
    back, on = source.entry_from_file.inverse(), target.entry_from_file
    whole: Transform
    if isinstance(fragment.transform, Affine):
        whole = on @ fragment.transform @ back
    else:
        whole = Sequence((back, fragment.transform, on))
    return replace(
        fragment,
        source=_outline(fragment.source, source),
        target=_outline(fragment.target, target),
        transform=whole,
    )
