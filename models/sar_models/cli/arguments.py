"""Option values that are written as short text: sizes of memory, pixel sizes, regions."""

from __future__ import annotations

import pydantic

from sar_models.domain.errors import OptionError
from sar_models.domain.geometry import Mpp, Region


def parse_bytes(text: str) -> int:
    """Return the bytes that ``4GB``, ``512MiB`` or a plain number stand for."""
    try:
        return int(pydantic.TypeAdapter(pydantic.ByteSize).validate_python(text))
    except pydantic.ValidationError as exc:
        raise OptionError(
            f"{text!r} is no amount of memory", remedy="Write for instance 4GB or 512MiB."
        ) from exc


def parse_mpp(text: str | None) -> Mpp | None:
    """Return the pixel size that ``0.25`` or ``0.25,0.5`` (x, y) stand for."""
    if text is None:
        return None
    numbers = _numbers(text, "pixel size", "0.25, or 0.25,0.5 for x and y")
    if len(numbers) not in (1, 2):
        raise OptionError(f"{text!r} is no pixel size", remedy="Write one number, or two for x,y.")
    return Mpp(numbers[0], numbers[-1])


def parse_region(text: str | None) -> Region | None:
    """Return the region that ``x,y,width,height`` in level-0 pixels stands for."""
    if text is None:
        return None
    numbers = _numbers(text, "region", "x,y,width,height in level-0 pixels")
    if len(numbers) != 4:
        raise OptionError(
            f"{text!r} is no region", remedy="Write x,y,width,height in level-0 pixels."
        )
    return Region(*(round(number) for number in numbers))


def _numbers(text: str, what: str, form: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as exc:
        raise OptionError(f"{text!r} is no {what}", remedy=f"Write {form}.") from exc
