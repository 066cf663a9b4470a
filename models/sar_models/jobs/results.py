"""Results in their folders: put in place once, found again by what was asked."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import OutputExistsError
from sar_models.stores.atomic import rename_once, sync_tree
from sar_models.stores.holder import Holder, this_process

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sar_models.jobs.job import Job
    from sar_models.jobs.layout import Layout

RECORD_NAME = "result.json"
_KIND = "sar-align/result"
_VERSION = 1
_RESULT = "result"


class Results:
    """The results of a queue.

    A result is its folder, not a row of the queue: whatever is killed when, the folder stands
    whole or not at all, and a queue that is lost finds its results again.

    Parameters
    ----------
    layout : Layout
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def folder_of(self, job: Job) -> Path:
        """Return where the result of a job stands, or will."""
        return self._layout.results / job.folder

    def standing(self, job: Job) -> Mapping[str, Any] | None:
        """Return what the task told of a result that stands; ``None`` if there is none."""
        try:
            record = json.loads((self.folder_of(job) / RECORD_NAME).read_bytes())
        except (OSError, ValueError):
            return None
        if not isinstance(record, dict) or record.get("kind") != _KIND:
            return None
        values = record.get("values")
        return values if record.get("request_id") == job.id and isinstance(values, dict) else None

    def prepare(self, job: Job) -> Path:
        """Return a path for the result in the making, in a folder that is this attempt's alone."""
        here = self._work_of(job)
        shutil.rmtree(here, ignore_errors=True)
        here.mkdir(parents=True)
        return here / _RESULT

    def commit(self, job: Job, values: Mapping[str, Any]) -> bool:
        """Put the result of this process's attempt in place; tell whether it was the first.

        Raises
        ------
        OutputExistsError
            If something else stands where it belongs.
        """
        made = self._work_of(job) / _RESULT
        made.mkdir(exist_ok=True)
        record = {"kind": _KIND, "schema_version": _VERSION, "request_id": job.id}
        record |= {"title": job.title, "values": dict(values)}
        (made / RECORD_NAME).write_text(json.dumps(record, indent=1), encoding="utf-8")
        sync_tree(made)
        first = rename_once(made, self.folder_of(job))
        self.discard(job)
        if not first and self.standing(job) is None:
            raise OutputExistsError(
                f"{str(self.folder_of(job))!r} is in the way of a result",
                remedy="Move it elsewhere, then retry the job.",
            )
        return first

    def discard(self, job: Job) -> None:
        """Remove what this process's attempt left."""
        shutil.rmtree(self._work_of(job), ignore_errors=True)

    def sweep(self) -> None:
        """Remove what processes left that were killed on this machine."""
        for leftover in self._layout.work.iterdir():
            holder = _holder_of(leftover.name)
            if holder is not None and holder.is_here and not holder.is_running:
                shutil.rmtree(leftover, ignore_errors=True)

    def _work_of(self, job: Job) -> Path:
        here = this_process()
        name = f"{job.id[:16]}-{job.attempt}-{here.machine}-{here.pid}-{here.started:.2f}"
        return self._layout.work / name


def _holder_of(name: str) -> Holder | None:
    parts = name.split("-")
    try:
        return Holder(parts[2], int(parts[3]), float(parts[4]))
    except (IndexError, ValueError):
        return None
