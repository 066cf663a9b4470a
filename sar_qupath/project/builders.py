"""Server builders as JSON to a :class:`Chain`; what cannot be followed is refused, with why."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sar_models.domain.errors import FrameError, OptionError, SarAlignError, SlideError
from sar_models.domain.geometry import Mpp, Region, Size
from sar_models.domain.transforms import Affine
from sar_qupath.project.chain import (
    Chain,
    Cropped,
    Leaf,
    Recoloured,
    Rotated,
    Step,
    Transformed,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEEPEST = 32
_MICROMETRES = ("µm", "\N{GREEK SMALL LETTER MU}m", "um")
_QUARTERS = {"ROTATE_NONE": 0, "ROTATE_90": 1, "ROTATE_180": 2, "ROTATE_270": 3}
_RECOLOURED = {
    "channels",
    "color",
    "color_deconvolved",
    "normalized",
    "pyramidize",
    "swapRedBlue",
    "typeConvert",
}
_SEVERAL = {
    "sparse": "is put together from several images",
    "sliced": "is a part of a stack of planes",
    "z_projected": "is a projection of a stack of planes",
    "z_concatenated": "is a stack of several images",
}
_EXPORT = "Export it from QuPath as OME-TIFF and add that to the project."


def parse_builder(builder: Any) -> Chain:
    """Return the chain that an entry's ``serverBuilder`` describes.

    Raises
    ------
    SlideError
        If the image is not made of one file by moving, turning, cutting and colouring alone.
    """
    steps: list[Step] = []
    size, mpp = None, None
    for _ in range(_DEEPEST):
        if not isinstance(builder, dict):
            raise SlideError(
                "The project does not say where the image comes from",
                remedy="Open the project in QuPath and add the image again.",
            )
        own_size, own_mpp = _size_of(builder), _mpp_of(builder)
        size = size or (own_size if not steps else None)
        mpp = mpp or (own_mpp if not steps else None)
        # 0.4 leaves the type out where it is a plain image.
        kind = builder.get("builderType", "uri" if "uri" in builder else None)
        if kind == "uri":
            leaf = _leaf(builder, own_size, own_mpp)
            return Chain(leaf, tuple(reversed(steps)), size, mpp)
        steps.append(_step(kind, builder))
        builder = builder.get("builder")
    raise SlideError(f"The image is derived in more than {_DEEPEST} steps")


def _leaf(builder: Mapping[str, Any], size: Size | None, mpp: Mpp | None) -> Leaf:
    uri, args = builder.get("uri"), builder.get("args") or []
    if not isinstance(uri, str) or not uri or not isinstance(args, list):
        raise SlideError(
            f"The image has the address {uri!r} with the arguments {args!r:.60}",
            remedy="Open the project in QuPath and add the image again.",
        )
    return Leaf(
        uri,
        str(builder.get("providerClassName") or ""),
        tuple(str(value) for value in args),
        size,
        mpp,
    )


def _step(kind: Any, builder: Mapping[str, Any]) -> Step:
    try:
        if kind == "rotated":
            return Rotated(_QUARTERS[builder["rotation"]])
        if kind == "cropped":
            region = builder["region"]
            if region.get("z", 0) or region.get("t", 0):
                raise SlideError("The image is one plane of a stack", remedy=_EXPORT)
            return Cropped(Region(*(int(region[n]) for n in ("x", "y", "width", "height"))))
        if kind == "affine":
            m = {name: float(builder["transform"][name]) for name in _MATRIX}
            rows = [[m["m00"], m["m01"], m["m02"]], [m["m10"], m["m11"], m["m12"]]]
            return Transformed(Affine(np.array(rows)))
    except SlideError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, SarAlignError) as exc:
        raise SlideError(
            f"The image is {kind}, but how cannot be read: {exc}",
            remedy="Open the project in QuPath and make the image again.",
        ) from exc
    if kind in _RECOLOURED:
        return Recoloured(str(kind))
    why = _SEVERAL.get(str(kind), f"is of the kind {kind!r}, which is not known here")
    raise SlideError(f"The image {why}: its coordinates are not those of one file", remedy=_EXPORT)


_MATRIX = ("m00", "m01", "m02", "m10", "m11", "m12")


def _size_of(builder: Mapping[str, Any]) -> Size | None:
    metadata = builder.get("metadata")
    if not isinstance(metadata, dict):
        return None
    try:
        return Size(int(metadata["width"]), int(metadata["height"]))
    except (KeyError, TypeError, ValueError, FrameError):
        return None


def _mpp_of(builder: Mapping[str, Any]) -> Mpp | None:
    """Return the stated pixel size; a unit of pixels is QuPath's word for an unknown one."""
    metadata = builder.get("metadata")
    calibration = metadata.get("pixelCalibration") if isinstance(metadata, dict) else None
    if not isinstance(calibration, dict):
        return None
    values: list[float] = []
    for axis in ("pixelWidth", "pixelHeight"):
        stated = calibration.get(axis)
        if not isinstance(stated, dict) or stated.get("unit") not in _MICROMETRES:
            return None
        value = stated.get("value")
        if not isinstance(value, int | float) or not math.isfinite(value):
            return None
        values.append(float(value))
    try:
        return Mpp(*values)
    except OptionError:
        return None
