"""Tables of points, CSV to CSV, through an alignment."""

from __future__ import annotations

import csv
import math
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.alignment import Status
from sar_models.domain.errors import AnnotationError, FrameError
from sar_models.stores.atomic import atomic_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import TextIO

    from sar_models.domain.alignment import Mapping
    from sar_models.domain.transfer import PointTransfer

RESULT_COLUMNS = ("x", "y", "status", "fragment", "sigma")
_CHUNK = 50_000
_DELIMITERS = ",;\t"
_MAX_COORDINATE_PX = 1e8
_DECIMALS = 3

_EXAMPLE = "The table needs a header line with the columns x and y, in level-0 pixels."


def map_points_csv(source: Path, target: Path, points: PointTransfer) -> Counter[Status]:
    """Map a table of points to the other slide, line by line, in bounded memory.

    Reads the columns ``x`` and ``y`` (commas, semicolons or tabs between). Writes
    ``x,y,status,fragment,sigma`` and then all further columns of the input as they are
    (``source:`` before a name that is taken). ``x`` and ``y`` are empty where a point has no
    counterpart, ``fragment`` is its name, ``sigma`` the expected error in pixels of the other
    slide. A line without x and y, as earlier results have, stays without.

    Parameters
    ----------
    source, target : Path
        The output appears whole or not at all, and may replace the input.
    points : PointTransfer

    Returns
    -------
    Counter of Status
        How many points got each status.

    Raises
    ------
    AnnotationError
        If the table cannot be read; the message names the line.
    FrameError
        If no point lies on the slide.
    """
    counts: Counter[Status] = Counter()
    on_slide = False
    with atomic_file(target) as partial:
        with _open(source) as lines, partial.open("w", encoding="utf-8", newline="") as out:
            table = _Table.open(lines, source.name)
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow([*RESULT_COLUMNS, *table.kept_names])
            for chunk in table.chunks():
                on_slide |= bool(points.lies_on_slide(chunk.coordinates[chunk.given]).any())
                mapping = points.map(chunk.coordinates[chunk.given])
                writer.writerows(_result_rows(chunk, mapping, points))
                counts += _counts(chunk, mapping)
        if counts and not on_slide:
            raise FrameError(
                f"None of the points in {source.name!r} lies on slide {points.slide.name!r} "
                f"({points.source_frame.size} pixels in the frame {points.frame!r})",
                remedy="Check slide, direction (--inverse) and frame (--frame); coordinates are "
                "level-0 pixels, not micrometres.",
            )
    return counts


@contextmanager
def _open(path: Path) -> Iterator[TextIO]:
    try:
        lines = path.open(encoding="utf-8-sig", newline="")
    except OSError as exc:
        raise AnnotationError(
            f"Cannot read {str(path)!r}: {exc.strerror or exc}",
            remedy="Give the path of a CSV file.",
        ) from exc
    with lines:
        try:
            yield lines
        except UnicodeDecodeError as exc:
            raise AnnotationError(
                f"{path.name!r} is no text in UTF-8: {exc.reason} at byte {exc.start}",
                remedy="Save the table as CSV, encoded in UTF-8.",
            ) from exc


@dataclass(frozen=True)
class _Chunk:
    """Some lines: coordinates ``(N, 2)``, whether they are given, and the other columns."""

    coordinates: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    given: np.ndarray[tuple[int], np.dtype[np.bool_]]
    kept: list[list[str]]


@dataclass(frozen=True)
class _Table:
    """A CSV table with columns x and y, read in chunks."""

    rows: Iterator[tuple[int, list[str]]]
    header: list[str]
    name: str

    @classmethod
    def open(cls, lines: TextIO, name: str) -> _Table:
        """Read the header, guess the delimiter from it."""
        first = lines.readline()
        delimiter = max(_DELIMITERS, key=first.count)
        rows = _rows(lines, delimiter, name)
        header = [column.strip() for column in next(csv.reader([first], delimiter=delimiter), [])]
        table = cls(rows, header, name)
        for column in ("x", "y"):
            found = [other.lower() for other in header].count(column)
            if found != 1:
                raise AnnotationError(
                    f"{name!r}, line 1 has {found} columns {column!r}: {first.strip()[:60]!r}",
                    remedy=_EXAMPLE,
                )
        return table

    @property
    def _at(self) -> tuple[int, int]:
        lower = [column.lower() for column in self.header]
        return lower.index("x"), lower.index("y")

    @property
    def kept_names(self) -> list[str]:
        """Names of the further columns in the output."""
        names = [column for i, column in enumerate(self.header) if i not in self._at]
        return [f"source:{name}" if name in RESULT_COLUMNS else name for name in names]

    def chunks(self) -> Iterator[_Chunk]:
        """Yield the table in chunks of lines."""
        while rows := list(islice(self.rows, _CHUNK)):
            coordinates = np.array([self._coordinates(line, row) for line, row in rows])
            kept = [[v for i, v in enumerate(row) if i not in self._at] for _, row in rows]
            yield _Chunk(coordinates, np.isfinite(coordinates).all(axis=1), kept)

    def _coordinates(self, line: int, row: list[str]) -> tuple[float, float]:
        if len(row) != len(self.header):
            raise AnnotationError(
                f"{self.name!r}, line {line} has {len(row)} columns, the header {len(self.header)}",
                remedy="Every line needs as many columns as the header.",
            )
        x, y = (row[i].strip() for i in self._at)
        if not x and not y:
            return math.nan, math.nan
        return self._number(line, "x", x), self._number(line, "y", y)

    def _number(self, line: int, column: str, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not abs(value) <= _MAX_COORDINATE_PX:
            raise AnnotationError(
                f"{self.name!r}, line {line}: {column} is {text[:40]!r}, "
                "expected a number of pixels",
                remedy="Use a decimal point, no units, no NaN; leave both x and y empty for none.",
            )
        return value


def _rows(lines: Iterable[str], delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield rows that are not empty with their line numbers."""
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for row in reader:
            if row:
                yield reader.line_num + 1, row
    except csv.Error as exc:
        raise AnnotationError(
            f"{name!r}, line {reader.line_num + 1} is no CSV: {exc}", remedy=_EXAMPLE
        ) from exc


def _result_rows(chunk: _Chunk, mapping: Mapping, points: PointTransfer) -> Iterator[list[str]]:
    """Yield the lines of the output for one chunk."""
    names = [fragment.id for fragment in points.alignment.fragments]
    results = zip(
        mapping.points.tolist(),
        mapping.status.tolist(),
        mapping.fragment.tolist(),
        mapping.sigma_px.tolist(),
        strict=True,
    )
    for given, kept in zip(chunk.given, chunk.kept, strict=True):
        if not given:
            yield ["", "", Status.NO_COUNTERPART.value, "", "", *kept]
            continue
        (x, y), status, fragment, sigma = next(results)
        name = names[fragment] if fragment >= 0 else ""
        yield [_text(x), _text(y), status, name, _text(sigma), *kept]


def _counts(chunk: _Chunk, mapping: Mapping) -> Counter[Status]:
    counts = Counter(Status(status) for status in mapping.status.tolist())
    counts[Status.NO_COUNTERPART] += int((~chunk.given).sum())
    return +counts


def _text(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.{_DECIMALS}f}"
