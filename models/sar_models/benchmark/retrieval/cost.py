"""What a retriever costs: a grid of points by one group of anchors."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sar_models.benchmark.retrieval.regimes import SLOW
from sar_models.engine.anchored.retriever import retriever
from sar_models.engine.device import choose_device
from sar_models.engine.training.anchored.episodes import REGIMES, draw_episodes
from sar_models.jobs.usage import peak_memory_mb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sar_models.engine.options import DeviceName

SIDE = 200
"""Points along each side of the grid."""
_ANCHORS = 10
_SLOW_SHARE = 20
_FRAME_PX = 400.0
_SEED = 0


@dataclass(frozen=True)
class Cost:
    """Of 200 x 200 points by ten anchors; slow ones get a twentieth, which counts twenty times.

    Parameters
    ----------
    retriever : str
    cpu_seconds : float
        Of the process, the better of two runs.
    seconds : float
        By the clock.
    peak_memory_mb : float
        Of the process so far: what was measured before counts too.
    """

    retriever: str
    cpu_seconds: float
    seconds: float
    peak_memory_mb: float


def measure_cost(names: Sequence[str], device: DeviceName = "cpu") -> list[Cost]:
    """Time retrievers, one after the other."""
    drawn = draw_episodes(np.random.default_rng(_SEED), 1, _ANCHORS, 1, REGIMES["smooth"])
    source, target = drawn.source[0].double().numpy(), drawn.target[0].double().numpy()
    line = (np.arange(SIDE) + 0.5) / SIDE * _FRAME_PX - _FRAME_PX / 2
    points = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    found = []
    for name in names:
        own, times = retriever(name, device=choose_device(device)), []
        share = _SLOW_SHARE if name in SLOW else 1
        for _ in range(1 if name in SLOW else 2):
            started = time.process_time(), time.perf_counter()
            own.retrieve(points[::share], source, target)
            times.append((time.process_time() - started[0], time.perf_counter() - started[1]))
        peak = peak_memory_mb()
        cpu_seconds, seconds = (share * min(each) for each in zip(*times, strict=True))
        found.append(Cost(name, cpu_seconds, seconds, peak))
    return found
