"""A project for the command line whose objects are read and written in a process of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_qupath.shelf import ProjectShelf
from sar_qupath.store import ProjectStore

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sar_models.domain.annotations import Annotation
    from sar_models.stores.changes import Push, PushPlan, PushPolicy, PushReport, Withdraw
    from sar_models.stores.protocols import SlideId
    from sar_models.stores.worker import WorkerStore


class PaquoStore(ProjectStore):
    """Slides and results as in the base; objects go through the worker.

    Parameters
    ----------
    project : Path
        The project file.
    worker : WorkerStore
        That holds the same project, with Java. Closed with this store.
    """

    def __init__(self, project: Path, worker: WorkerStore) -> None:
        super().__init__(ProjectShelf(project))
        self._worker = worker

    def annotations(self, slide: SlideId) -> Sequence[Annotation]:
        """Return the objects of an entry in its file's frame, as QuPath has them."""
        return self._worker.annotations(slide)

    def plan(self, change: Push | Withdraw, policy: PushPolicy) -> PushPlan:
        """Return what a change means for the project; reads only."""
        return self._worker.plan(change, policy)

    def apply(self, plan: PushPlan) -> PushReport:
        """Do what a plan says, QuPath's file of the entry whole or not at all."""
        return self._worker.apply(plan)

    def close(self) -> None:
        """End the process."""
        self._worker.close()
