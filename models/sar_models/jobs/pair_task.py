"""Aligning a pair as a task of the queue."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import InputError
from sar_models.jobs.pair import run_pair
from sar_models.jobs.pair_request import PairValues
from sar_models.jobs.usage import cpu_seconds, peak_memory_mb
from sar_models.stores.alignment_folder import read_alignment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def align_pair(
    values: Mapping[str, Any], folder: Path, progress: Callable[[str, float], None]
) -> Mapping[str, Any]:
    """Align two slides and write the alignment folder; see :class:`sar_models.jobs.tasks.Task`.

    Returns
    -------
    mapping
        ``outcome``, ``risk``, ``reasons``, ``failure``, ``content_sha256``, ``fragments``,
        ``seconds``, ``cpu_seconds`` and ``peak_memory_mb`` (of the worker so far).

    Raises
    ------
    InputError
        If a slide cannot be read, or is not the one any more that was asked for.
    """
    pair = PairValues.from_values(values)
    started, cpu_before = time.perf_counter(), cpu_seconds()
    parent = None if pair.parent is None else read_alignment(Path(pair.parent))
    run = run_pair(pair.source, pair.target, folder, pair.options, progress, parent=parent)
    if run.alignment.request_id != values["request_id"]:
        raise InputError(
            "A slide, or sar-align itself, changed since the pair was queued",
            remedy="Run the same command again: it queues what is there now.",
        )
    return {
        **run.to_values(),
        "fragments": len(run.alignment.fragments),
        "seconds": round(time.perf_counter() - started, 2),
        "cpu_seconds": round(cpu_seconds() - cpu_before, 2),
        "peak_memory_mb": round(peak_memory_mb(), 1),
    }
