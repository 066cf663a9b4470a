"""``benchmark shift``: error against changes of light and stain of rising strength."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.intervals import Interval, bootstrap
from sar_models.benchmark.scene.distortions import STRENGTHS, distorted
from sar_models.benchmark.scene.networks import network_of
from sar_models.benchmark.scene.registering import PairError, register_by
from sar_models.benchmark.workers import run_all
from sar_models.synthesis import PairOptions, generate_pair

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sar_models.engine.section import Channel

CHANNELS: tuple[Channel, ...] = ("scene", "haematoxylin", "density")
"""With the scene, and without it in the two ways that stains were compared by before."""

_PAIR = PairOptions(size_px=400, mpp=8.0, jpeg=False)
_FIRST_SEED = 50_000
"""Apart from the tissue of every training."""
_APART = 1000


@dataclass(frozen=True)
class ShiftRow:
    """One registration: of which pair, by what, under which change."""

    seed: int
    channel: Channel
    kind: str
    strength: float
    pose: float
    error: float


@dataclass(frozen=True)
class ShiftPoint:
    """All pairs under one change: median error (share of the diagonal), and poses found."""

    channel: Channel
    kind: str
    strength: float
    error: Interval
    found: Interval


@dataclass(frozen=True)
class ShiftJob:
    """One pair, registered by one channel under rising strengths of one change.

    Parameters
    ----------
    seed : int
        Of the pair and of the change.
    channel : Channel
    kind : str
        One of `sar_models.benchmark.scene.distortions.DISTORTIONS`.
    strengths : tuple of float
    training : Path or None
        Whose best network sees the scene; the one that ships with ``None``.
    """

    seed: int
    channel: Channel
    kind: str
    strengths: tuple[float, ...]
    training: Path | None = None

    def run(self) -> tuple[ShiftRow, ...]:
        """Register the pair under every strength."""
        network = network_of(self.training)
        pair = generate_pair(self.seed, _PAIR)
        rows = []
        for strength in self.strengths:
            image = distorted(pair.target.image, self.kind, strength, self.seed)
            found: PairError = register_by(self.channel, network, pair, image)
            rows.append(
                ShiftRow(self.seed, self.channel, self.kind, strength, found.pose, found.error)
            )
        return tuple(rows)


def shift_jobs(
    pairs: int,
    seed: int,
    kinds: Sequence[str],
    channels: Sequence[Channel] = CHANNELS,
    training: Path | None = None,
    strengths: Sequence[float] = STRENGTHS,
) -> list[ShiftJob]:
    """Return the work of a run: unchanged pairs once for each channel, then every change.

    Parameters
    ----------
    pairs : int
        How many; each has a seed of its own.
    seed : int
        No two share a pair.
    kinds : sequence of str
    channels : sequence of Channel
    training : Path or None
    strengths : sequence of float
    """
    first = _FIRST_SEED + _APART * seed
    seeds = range(first, first + pairs)
    unchanged = [
        ShiftJob(s, channel, kinds[0], (0.0,), training) for s in seeds for channel in channels
    ]
    changed = [
        ShiftJob(s, channel, kind, tuple(strengths), training)
        for s in seeds
        for channel in channels
        for kind in kinds
    ]
    return unchanged + changed


def run_shift(jobs: Sequence[ShiftJob], workers: int) -> Iterator[tuple[ShiftRow, ...]]:
    """Run jobs in workers of one thread each, and yield their rows as they end.

    Raises
    ------
    SarAlignError
        What a job ended with.
    """
    for _, rows, error in run_all(jobs, workers):
        if error is not None:
            raise error
        yield rows or ()


def shift_points(rows: Sequence[ShiftRow], kinds: Sequence[str]) -> list[ShiftPoint]:
    """Return the figures of every change and strength, from none on, with intervals over pairs."""
    points = []
    for channel in dict.fromkeys(row.channel for row in rows):
        own = [row for row in rows if row.channel == channel]
        for kind in kinds:
            for strength in sorted({row.strength for row in own}):
                of_point = [
                    row
                    for row in own
                    if row.strength == strength and (row.kind == kind or strength == 0)
                ]
                points.append(_point(channel, kind, strength, of_point))
    return points


def _point(channel: Channel, kind: str, strength: float, rows: Sequence[ShiftRow]) -> ShiftPoint:
    errors = [row.error for row in rows]
    found = [PairError(row.pose, row.error).found for row in rows]
    return ShiftPoint(
        channel,
        kind,
        strength,
        bootstrap(errors, lambda values: float(np.median(values))),
        bootstrap(found),
    )
