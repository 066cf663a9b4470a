"""What a correction is asked for: the options of its parent, with a fragment and landmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from sar_models.domain.errors import LandmarkError, OptionError, RecordError
from sar_models.domain.geometry import Mpp, Region, as_points
from sar_models.engine.options import AlignOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.geometry import Points
    from sar_models.domain.slides import SlideInfo
    from sar_models.engine.options import DeviceName

NEW = "new"
"""Stands for tissue that the parent left unpaired."""

_NAMED = 5


def correction_options(
    parent: Alignment,
    fragment: str | int,
    landmarks: tuple[Points, Points] | None,
    *,
    device: DeviceName = "auto",
    memory_bytes: int = AlignOptions.memory_bytes,
) -> AlignOptions:
    """Return the options that correct one fragment: the parent's, but for what is said here.

    Parameters
    ----------
    parent : Alignment
    fragment : str or int
        Id of a fragment of the parent, or its number from 1; ``"new"`` for tissue without a
        counterpart that gets one.
    landmarks : pair of (N, 2) arrays or None
        Source and target points in level-0 pixels that have to stay on each other. ``None``: the
        fragment has no counterpart.
    device : {"auto", "cpu", "cuda"}
    memory_bytes : int

    Raises
    ------
    OptionError
        If there is no such fragment.
    LandmarkError
        If a landmark does not lie on the fragment's tissue.
    RecordError
        If the parent's own options cannot be read.
    """
    named = fragment_named(parent, fragment)
    if named == NEW and landmarks is None:
        raise OptionError(
            "Tissue without a counterpart is said to have none",
            remedy="Name a fragment that has one, or give landmarks.",
        )
    recorded = _recorded(parent.provenance.options)
    options = AlignOptions(
        **recorded,
        device=device,
        memory_bytes=memory_bytes,
        seed=parent.provenance.seed,
        landmarks=landmarks,
        parent=parent.content_sha256,
        fragment=named,
        no_counterpart=landmarks is None,
    )
    check_landmarks(parent, options)
    return options


def fragment_named(parent: Alignment, named: str | int) -> str:
    """Return the id of a fragment from its id or its number, ``"new"`` as it is.

    Raises
    ------
    OptionError
        If there is no such fragment; it names those that are there.
    """
    ids = [fragment.id for fragment in parent.fragments]
    text = str(named)
    if text in ids or text == NEW:
        return text
    if text.isdecimal() and 1 <= int(text) <= len(ids):
        return ids[int(text) - 1]
    listed = ", ".join(f"{number}: {name}" for number, name in enumerate(ids, start=1))
    raise OptionError(
        f"The alignment has no fragment {text!r}",
        remedy=f"It has {listed or 'none'}; {NEW!r} is tissue that it left without a counterpart.",
    )


def check_parent(parent: Alignment, source: SlideInfo, target: SlideInfo) -> None:
    """Refuse slides that are not those of the parent.

    Raises
    ------
    OptionError
        Naming the first that differs.
    """
    aligned = parent.pair
    for side, slide, before in (
        ("source", source, aligned.source),
        ("target", target, aligned.target),
    ):
        if slide.content_id != before.content_id:
            raise OptionError(
                f"The {side} {slide.name!r} is not the slide that the parent aligned: that was "
                f"{before.name!r} with {before.content_id or 'no checksum'}, this has "
                f"{slide.content_id or 'no checksum'}",
                remedy="Give the slides of the parent, or leave them out.",
            )


def check_landmarks(parent: Alignment, options: AlignOptions) -> None:
    """Refuse landmarks whose source point does not lie on the tissue that is corrected.

    A point beside tissue belongs to the nearest tissue within the reach, as everywhere.

    Raises
    ------
    LandmarkError
        Naming the first rows that lie elsewhere, and where.
    """
    if options.landmarks is None:
        return
    source, target = options.landmarks
    _check_inside(target, parent.pair.target)
    places = _places(parent, source)
    wanted = "tissue without a counterpart" if options.fragment == NEW else repr(options.fragment)
    off = np.flatnonzero(places != wanted)
    if not len(off):
        return
    told = ", ".join(f"{index + 1} lies on {places[index]}" for index in off[:_NAMED])
    more = f" and {len(off) - _NAMED} more" if len(off) > _NAMED else ""
    raise LandmarkError(
        f"Landmarks have to lie on {wanted} of the source: number {told}{more}",
        remedy="Move them, leave them out, or correct the fragment that they lie on.",
    )


def _check_inside(points: Points, slide: SlideInfo) -> None:
    outside = ((points < 0) | (points > slide.size.as_array())).any(axis=1)
    if outside.any():
        index = int(np.flatnonzero(outside)[0])
        raise LandmarkError(
            f"Landmark number {index + 1} lies at {points[index].tolist()!r} on the target, "
            f"which has {slide.size} pixels",
            remedy="Give target points in level-0 pixels of the target slide.",
        )


def _places(parent: Alignment, points: Points) -> NDArray[np.str_]:
    """Return what each source point lies on, in words, ``(N,)``."""
    piecewise = parent.transform
    assigned = piecewise.assign(points)
    names = np.array([repr(fragment.id) for fragment in parent.fragments] + ["glass"], dtype=object)
    places = names[assigned.fragment]
    alone = shapely.union_all(list(piecewise.unpaired_source))
    loose = assigned.fragment < 0
    distance = np.asarray(shapely.distance(alone, shapely.points(points)))
    places[loose & (distance <= glass_reach_px(parent))] = "tissue without a counterpart"
    return np.asarray(places, dtype=np.str_)


def glass_reach_px(parent: Alignment) -> float:
    """Return how far from unpaired tissue a landmark still belongs to it, source pixels."""
    reach = parent.transform.reach_source_px
    # An alignment without fragments tells none.
    return reach if reach > 0 else 0.02 * parent.pair.source.size.diagonal


def _recorded(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a parent's record says of how it was aligned; what it lacks has its default."""
    kept = {
        name: options[name]
        for name in ("mode", "working_size_px", "glass_reach_um")
        if options.get(name) is not None
    }
    try:
        for name, type_ in (("mpp", Mpp), ("roi", Region)):
            for key in (f"source_{name}", f"target_{name}"):
                if options.get(key) is not None:
                    kept[key] = type_(**options[key])
    except TypeError as exc:
        raise RecordError(f"The options of the parent cannot be read: {exc}") from exc
    return kept


def unpaired_at(parent: Alignment, points: Points) -> NDArray[np.intp]:
    """Return the unpaired source tissue nearest to any of some points: indices of its polygons."""
    alone = list(parent.transform.unpaired_source)
    distances = np.asarray(
        [shapely.distance(polygon, shapely.points(as_points(points))) for polygon in alone]
    )
    return np.unique(distances.argmin(axis=0))
