"""``benchmark landmarks``: error at human landmarks on real slide pairs."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tifffile

from sar_models.benchmark.isolated import MeasuredRun, run_align
from sar_models.benchmark.rtre import PairErrors, pair_errors, rtre
from sar_models.benchmark.turning import random_turn, turn_image
from sar_models.domain.errors import InputError
from sar_models.domain.geometry import Region
from sar_models.domain.transforms import Affine
from sar_models.stores import open_slide
from sar_models.stores.alignment_folder import read_alignment
from sar_models.stores.landmarks import read_points

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sar_models.domain.geometry import Points

PAIRS_NAME = "pairs.csv"
_COLUMNS = ("pair_id", "source", "target", "source_landmarks", "target_landmarks")


@dataclass(frozen=True, eq=False)
class LandmarkPair:
    """Two slides with landmarks; row i of one matches row i of the other."""

    name: str
    source: Path
    target: Path
    source_points: Points
    target_points: Points


@dataclass(frozen=True)
class LandmarkScore:
    """What one pair reached, and what it cost."""

    name: str
    errors: PairErrors
    run: MeasuredRun


def read_pairs(data: Path) -> list[LandmarkPair]:
    """Read ``pairs.csv`` of a landmark folder; paths in it are relative to the folder.

    Raises
    ------
    InputError
        If the file is missing or lacks a column.
    LandmarkError
        If landmarks cannot be read or do not match in number.
    """
    path = data / PAIRS_NAME
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except OSError as exc:
        raise InputError(
            f"Cannot read {str(path)!r}: {exc.strerror}",
            remedy="Give a folder with pairs.csv: columns " + ", ".join(_COLUMNS) + ".",
        ) from exc
    if not rows or any(column not in rows[0] for column in _COLUMNS):
        raise InputError(
            f"{str(path)!r} lacks pairs or columns", remedy="It needs " + ", ".join(_COLUMNS) + "."
        )
    return [_pair(data, row) for row in rows]


def _pair(data: Path, row: dict[str, str]) -> LandmarkPair:
    source_points = read_points(data / row["source_landmarks"])
    target_points = read_points(data / row["target_landmarks"])
    # Annotators may stop early on one slide; rows beyond the shorter list have no partner.
    count = min(len(source_points), len(target_points))
    return LandmarkPair(
        row["pair_id"],
        data / row["source"],
        data / row["target"],
        source_points[:count],
        target_points[:count],
    )


def score_pairs(
    pairs: Sequence[LandmarkPair], arguments: Sequence[str] = (), turn_seed: int | None = None
) -> Iterator[LandmarkScore]:
    """Align every pair and yield its score.

    Parameters
    ----------
    pairs : sequence of LandmarkPair
    arguments : sequence of str
        Further arguments of ``sar-align align``, the same for all pairs.
    turn_seed : int or None
        Turn every source by a random angle and mirror some; ``None`` leaves them as they are.
    """
    for index, pair in enumerate(pairs):
        with tempfile.TemporaryDirectory() as folder:
            turned, turn = _turned(pair, index, turn_seed, Path(folder))
            yield _score(turned, turn, Path(folder) / "alignment", arguments)


def _turned(
    pair: LandmarkPair, index: int, seed: int | None, folder: Path
) -> tuple[LandmarkPair, Affine]:
    if seed is None:
        return pair, Affine.identity()
    with open_slide(pair.source) as slide:
        size = slide.info.size
        image = slide.read(0, Region(0, 0, size.width, size.height))
    turn = random_turn((size.width, size.height), seed, index)
    path = folder / f"{pair.source.stem}-turned.tif"
    tifffile.imwrite(path, turn_image(image, turn), photometric="rgb", tile=(256, 256))
    points = turn.map(pair.source_points)
    return LandmarkPair(pair.name, path, pair.target, points, pair.target_points), turn


def _score(
    pair: LandmarkPair, turn: Affine, folder: Path, arguments: Sequence[str]
) -> LandmarkScore:
    run = run_align(pair.source, pair.target, folder, arguments)
    alignment = read_alignment(folder)
    size = alignment.pair.target.size
    # "Before" is the pair as the scanner left it, whether or not the benchmark turned it since.
    before = rtre(turn.inverse().map(pair.source_points), pair.target_points, size)
    after = rtre(alignment.map(pair.source_points).points, pair.target_points, size)
    return LandmarkScore(pair.name, pair_errors(before, after), run)
