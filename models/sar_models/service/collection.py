"""A collection of annotations that several processes map, and how it is put together again."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from sar_models.domain.transfer import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

LISTED = 5000
"""How many objects that did not simply map are told one by one; the counts tell of all."""
_CHUNK = 2**20


@dataclass(frozen=True)
class Share:
    """Which part of a collection a process maps: batches ``number``, ``number + of``, ..."""

    number: int
    of: int


@dataclass(frozen=True)
class SharePart:
    """What a process made of its share.

    Parameters
    ----------
    path : Path
        Features, batch after batch, with commas between those of a batch.
    lengths : tuple of int
        Bytes of each batch.
    counts : mapping
        Verdict to number of objects.
    problems : tuple of mapping
        Objects that did not simply map, as JSON values; the first ones.
    notes : tuple of str
        What was changed on the way.
    """

    path: Path
    lengths: tuple[int, ...]
    counts: Mapping[str, int]
    problems: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]


def collection(parts: Sequence[SharePart]) -> Iterator[bytes]:
    """Yield the text of a mapped collection, in the order of what was handed in.

    Beside the features stands ``sar_align``: counts, problems and notes. Readers of GeoJSON pass
    over members that they do not know.

    Parameters
    ----------
    parts : sequence of SharePart
        One for each share, by its number.
    """
    yield b'{"type":"FeatureCollection","features":['
    with ExitStack() as stack:
        files = [stack.enter_context(part.path.open("rb")) for part in parts]
        separator = b"\n"
        for batch in range(sum(len(part.lengths) for part in parts)):
            share, number = batch % len(parts), batch // len(parts)
            length = parts[share].lengths[number]
            if length:
                yield separator
                yield from _read(files[share], length)
                separator = b",\n"
    yield b'\n],"sar_align":' + _summary(parts).encode("ascii") + b"}\n"


def _read(file: BinaryIO, length: int) -> Iterator[bytes]:
    while length > 0 and (data := file.read(min(length, _CHUNK))):
        length -= len(data)
        yield data


def _summary(parts: Sequence[SharePart]) -> str:
    counts = {
        verdict.value: sum(part.counts.get(verdict.value, 0) for part in parts)
        for verdict in Verdict
    }
    problems = [problem for part in parts for problem in part.problems]
    notes = [note for part in parts for note in part.notes]
    return json.dumps({"counts": counts, "problems": problems[:LISTED], "notes": notes})
