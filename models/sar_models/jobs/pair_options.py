"""Options of an alignment as JSON values, all of them, and back."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import RecordError
from sar_models.domain.geometry import Mpp, Region, as_points
from sar_models.engine import AlignOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIZES = ("source_mpp", "target_mpp")
_REGIONS = ("source_roi", "target_roi")


def options_to_values(options: AlignOptions) -> dict[str, Any]:
    """Return options as JSON values; landmarks as lists of ``[x, y]``."""
    landmarks = options.landmarks
    return options.to_record() | {
        "seed": options.seed,
        "parent": options.parent,
        "landmarks": None if landmarks is None else [points.tolist() for points in landmarks],
    }


def options_from_values(values: Mapping[str, Any]) -> AlignOptions:
    """Return the options that JSON values hold; what they lack has its default.

    Raises
    ------
    RecordError
        If one is unknown, or has not the form that it should have.
    OptionError
        If one has an impossible value.
    """
    unknown = set(values) - {field.name for field in fields(AlignOptions)}
    if unknown:
        raise RecordError(
            f"Unknown options {', '.join(sorted(map(repr, unknown)))}",
            remedy="Another version of sar-align queued this; use that one, or submit it again.",
        )
    read: dict[str, Any] = dict(values)
    try:
        for name in (name for name in _SIZES if read.get(name) is not None):
            read[name] = Mpp(**read[name])
        for name in (name for name in _REGIONS if read.get(name) is not None):
            read[name] = Region(**read[name])
        if read.get("landmarks") is not None:
            source, target = read["landmarks"]
            read["landmarks"] = (as_points(source), as_points(target))
        return AlignOptions(**read)
    except (TypeError, ValueError) as exc:
        raise RecordError(f"The options {dict(values)!r} cannot be read: {exc}") from exc
