"""The rows of an image: Image, Pixels, Channels."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from omero_server.model.rows import Ref

if TYPE_CHECKING:
    from omero_server.model.rows import Row
    from omero_server.world import World

_COLOURS = ("red", "green", "blue")
_PIXELS_TYPES = {"float32": "float", "float64": "double"}
DTYPES = {
    **{name: name for name in ("uint8", "int8", "uint16", "int16", "uint32", "int32")},
    **{ours: numpys for numpys, ours in _PIXELS_TYPES.items()},
}
"""OMERO's names of pixel types to numpy's."""


def new_image(
    world: World,
    name: str,
    shape: tuple[int, ...],
    dtype: str,
    about: dict[str, Any],
    series: int = 0,
) -> tuple[Row, Row]:
    """Add the rows of an image without pixels; return Image and Pixels.

    Parameters
    ----------
    shape : tuple of int
        (C, H, W).
    dtype : str
        numpy's name of the type.
    about : dict
        Owner, group and events.
    """
    insert = world.database.insert
    image = insert("Image", {"name": name, "series": series, "acquisitionDate": 0}, **about)
    pixels = insert("Pixels", _pixels_values(world, image, shape, dtype), **about)
    channels = shape[0]
    for number in range(channels):
        label = "RGB"[number] if channels == 3 else str(number)
        logical = insert("LogicalChannel", {"name": label}, **about)
        values = {
            "pixels": Ref("Pixels", pixels.id),
            "logicalChannel": Ref("LogicalChannel", logical.id),
            **_colour(number, channels),
        }
        insert("Channel", values, **about)
    return image, pixels


def _pixels_values(world: World, image: Row, shape: tuple[int, ...], dtype: str) -> dict[str, Any]:
    channels, height, width = shape
    return {
        "image": Ref("Image", image.id),
        "pixelsType": _enumeration(world, "PixelsType", _PIXELS_TYPES.get(dtype, dtype)),
        "dimensionOrder": _enumeration(world, "DimensionOrder", "XYCZT"),
        "sizeX": width,
        "sizeY": height,
        "sizeC": channels,
        "sizeZ": 1,
        "sizeT": 1,
        "sha1": uuid.uuid5(uuid.NAMESPACE_OID, str(image.id)).hex,
    }


def _enumeration(world: World, kind: str, value: str) -> Ref:
    for row in world.database.rows(kind):
        if row.values["value"] == value:
            return Ref(kind, row.id)
    raise ValueError(f"{kind} has no value {value!r}")


def _colour(number: int, channels: int) -> dict[str, int]:
    shown = [255] * 3 if channels != 3 else [255 * (each == number) for each in range(3)]
    return {**dict(zip(_COLOURS, shown, strict=True)), "alpha": 255}
