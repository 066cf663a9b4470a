"""From the bytes of a GeoJSON file to JSON objects, one feature at a time, within limits."""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from sar_models.domain.errors import AnnotationError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from sar_models.stores.geojson.limits import ReadLimits

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_SLACK = 2**20
"""Output that is small anyway may have any ratio."""
_CHUNK = 2**20

# An unterminated string matches to the end: otherwise every quote in it would be tried in turn.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+("|\\?\Z)', re.DOTALL)
_NOT_BRACKETS = bytes(sorted(set(range(256)) - set(b"[]{}")))
_SPACE = re.compile(r"[ \t\n\r]*+")
_DECODER = json.JSONDecoder()

_NOT_JSON = "Export the annotations again (QuPath: File > Export objects as GeoJSON)."


def read_bytes(path: Path, limits: ReadLimits) -> bytes:
    """Return the text of a file, plain or gzip, without ever holding more than the limits allow.

    Raises
    ------
    AnnotationError
        If the file cannot be read, is no whole gzip file, or is too large.
    """
    try:
        with path.open("rb") as file:
            # Not `read(limit)`: that takes the memory of the limit for the smallest file.
            data = b"".join(_parts(file, limits.max_bytes))
    except OSError as exc:
        raise AnnotationError(
            f"Cannot read {str(path)!r}: {exc.strerror or exc}",
            remedy="Give the path of a .geojson or .geojson.gz file.",
        ) from exc
    if len(data) > limits.max_bytes:
        raise _too_much(path.name, "bytes", "max_bytes", limits.max_bytes)
    if data[:2] == _GZIP_MAGIC:
        return _gunzip(data, path.name, limits)
    return data


def _parts(file: BinaryIO, most: int) -> Iterator[bytes]:
    """Yield a file in parts until it ends or more than ``most`` bytes have come."""
    while most >= 0 and (part := file.read(_CHUNK)):
        most -= len(part)
        yield part


def _gunzip(data: bytes, name: str, limits: ReadLimits) -> bytes:
    allowed = int(max(len(data) * limits.max_gzip_ratio, _GZIP_SLACK))
    parts: list[bytes] = []
    size = 0
    try:
        # A wrong or cut stream shows in GzipFile's own checks of length and CRC.
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            while part := stream.read(_CHUNK):
                parts.append(part)
                size += len(part)
                if size > limits.max_bytes:
                    raise _too_much(name, "bytes when unpacked", "max_bytes", limits.max_bytes)
                if size > allowed:
                    raise _too_much(
                        name,
                        "times its size when unpacked",
                        "max_gzip_ratio",
                        limits.max_gzip_ratio,
                    )
    except (OSError, EOFError, zlib.error) as exc:
        raise AnnotationError(
            f"{name!r} is a damaged gzip file: {exc}", remedy="Copy or export it again."
        ) from exc
    return b"".join(parts)


def elements(data: bytes, name: str, limits: ReadLimits) -> Iterator[Any]:
    """Yield the features (or bare geometries) of a GeoJSON text one by one, as JSON values.

    A collection, a bare list, one feature and one bare geometry are all accepted. The elements of
    a collection are parsed one at a time, so that memory follows the largest of them.

    Raises
    ------
    AnnotationError
        If the text is no JSON, no GeoJSON, or nested or long beyond the limits.
    """
    text = _decode(data, name, limits)
    del data  # all that follows is read from the text: large collections are held once
    start = _skip(text, 0)
    if text[start : start + 1] == "[":
        end = yield from _array(text, start, name)
        _expect_end(text, end, name)
    elif text[start : start + 1] == "{":
        yield from _object(text, start, name)
    else:
        raise AnnotationError(
            f"{name!r} is no GeoJSON: it starts with {text[start : start + 20]!r}", remedy=_NOT_JSON
        )


def _decode(data: bytes, name: str, limits: ReadLimits) -> str:
    try:
        text = data.decode(json.detect_encoding(data)).removeprefix("\ufeff")
    except UnicodeDecodeError as exc:
        raise AnnotationError(
            f"{name!r} is no text: {exc.reason} at byte {exc.start}", remedy=_NOT_JSON
        ) from exc
    # The checks need ASCII brackets; other encodings are rare enough to pay for a copy.
    plain = (
        data
        if data[:1] in b"[{ \t\r\n" and b"\0" not in data[:4]
        else text.encode("utf-8", "surrogatepass")
    )
    _check_shape(plain, name, limits)
    return text


def _check_shape(data: bytes, name: str, limits: ReadLimits) -> None:
    """Refuse what would exhaust the stack or the memory of a JSON parser, before parsing."""
    values = depth = level = 0
    for bare in _without_strings(data):
        brackets = np.frombuffer(bare.translate(None, _NOT_BRACKETS), dtype=np.uint8)
        opening = (brackets == ord("[")) | (brackets == ord("{"))
        values += bare.count(b",") + int(np.count_nonzero(opening))
        if values > limits.max_values:
            raise _too_much(name, "JSON values", "max_values", limits.max_values)
        if len(opening):
            levels = level + np.cumsum(np.where(opening, 1, -1))
            depth, level = max(depth, int(levels.max())), int(levels[-1])
    if depth > limits.max_depth:
        raise AnnotationError(
            f"{name!r} nests {depth} levels deep, the limit max_depth is {limits.max_depth}",
            remedy="GeoJSON of annotations needs about 6 levels: the file is damaged or hostile.",
        )


def _without_strings(data: bytes) -> Iterator[bytes]:
    """Yield a JSON text without its strings, part by part: memory follows the longest string."""
    start, size = 0, _CHUNK
    while start < len(data):
        part = data[start : start + size]
        last = deque(_STRING.finditer(part), maxlen=1)
        cut = last[0].start() if last and last[0][1] != b'"' else len(part)
        if cut < len(part) < len(data) - start:
            # The next part begins with the string that this one cuts; a longer one if it is alone.
            if cut == 0:
                size *= 2
                continue
            part = part[:cut]
        yield _STRING.sub(b"", part)
        start, size = start + len(part), _CHUNK


def _object(text: str, start: int, name: str) -> Iterator[Any]:
    """Yield from a top-level object: the elements of ``features``, or the object itself."""
    members: dict[str, Any] = {}
    streamed = False
    position = _skip(text, start + 1)
    while text[position : position + 1] != "}":
        key, position = _value(text, position, name)
        position = _skip(text, position)
        if not isinstance(key, str) or text[position : position + 1] != ":":
            raise _broken(name, text, position, "expected a key and ':'")
        position = _skip(text, position + 1)
        if key == "features" and text[position : position + 1] == "[":
            streamed = True
            position = yield from _array(text, position, name)
        else:
            members[key], position = _value(text, position, name)
        position = _next(text, position, "}", name)
    _expect_end(text, position + 1, name)
    kind = members.get("type")
    if not streamed and kind != "FeatureCollection":
        yield members
    elif not streamed or kind != "FeatureCollection":
        raise AnnotationError(
            f"{name!r} is no GeoJSON collection: its type is {kind!r}, its 'features' "
            f"{'a list' if streamed else repr(members.get('features'))[:40]}",
            remedy=_NOT_JSON,
        )


def _array(text: str, start: int, name: str) -> Generator[Any, None, int]:
    """Yield the elements of an array; return the position behind it."""
    position = _skip(text, start + 1)
    while text[position : position + 1] != "]":
        element, position = _value(text, position, name)
        yield element
        position = _next(text, position, "]", name)
    return position + 1


def _next(text: str, position: int, closing: str, name: str) -> int:
    """Return the position of the next element, or of the closing bracket."""
    position = _skip(text, position)
    if text[position : position + 1] == closing:
        return position
    if text[position : position + 1] != ",":
        raise _broken(name, text, position, f"expected ',' or {closing!r}")
    following = _skip(text, position + 1)
    if text[following : following + 1] == closing:
        raise _broken(name, text, following, "a value is missing after ','")
    return following


def _value(text: str, position: int, name: str) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, position)
    except json.JSONDecodeError as exc:
        raise _broken(name, text, exc.pos, exc.msg) from exc
    except ValueError as exc:  # an integer of thousands of digits
        raise _broken(name, text, position, "a number is too long") from exc


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _expect_end(text: str, position: int, name: str) -> None:
    position = _skip(text, position)
    if position != len(text):
        raise _broken(name, text, position, "there is more text after the end")


def _broken(name: str, text: str, position: int, what: str) -> AnnotationError:
    line = text.count("\n", 0, position) + 1
    return AnnotationError(
        f"{name!r} is no valid JSON: {what}, line {line}, character {position}", remedy=_NOT_JSON
    )


def _too_much(name: str, unit: str, limit: str, value: float) -> AnnotationError:
    return AnnotationError(
        f"{name!r} has more than {value:,.0f} {unit} (limit {limit})",
        remedy="Split the file, or raise the limit if you trust it.",
    )
