"""What the routes of a server share."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Self, cast

from fastapi import Depends, Request

from sar_models.jobs import Layout, Queue
from sar_models.service.catalogue import Catalogue
from sar_models.service.crew import Crew
from sar_models.service.lanes import Lane
from sar_models.service.reviewing import Reviewing
from sar_models.service.roots import Roots
from sar_models.service.spool import Spool

if TYPE_CHECKING:
    from sar_models.service.options import ServiceOptions

_MOST_BULK_WORKERS = 4


@dataclass
class Streams:
    """How many event streams are open; counted by the event loop alone."""

    open: int = 0


@dataclass(frozen=True)
class Service:
    """What the routes of a server share.

    Parameters
    ----------
    options : ServiceOptions
    roots : Roots
    queue : Queue
    catalogue : Catalogue
    crew : Crew
    spool : Spool
    quick : Lane
        Points and descriptions: milliseconds each.
    bulk : Lane
        Annotations and exports: up to minutes.
    slides : Lane
        Opens slides, to know what is asked for.
    reviewing : Reviewing
    streams : Streams
    stopping : threading.Event
        Set when the server ends: streams end then.
    """

    options: ServiceOptions
    roots: Roots
    queue: Queue
    catalogue: Catalogue
    crew: Crew
    spool: Spool
    quick: Lane
    bulk: Lane
    slides: Lane
    reviewing: Reviewing
    streams: Streams
    stopping: threading.Event

    @classmethod
    def create(cls, options: ServiceOptions) -> Self:
        """Open the queue and make the rest; nothing runs yet.

        Raises
        ------
        InputError
            If a root is no folder.
        StoreError
            If the folder of the state cannot be used.
        """
        limits = options.limits
        roots = Roots(options.roots)
        if not options.state.exists():
            # Results show patients' tissue: on a machine of several users they are nobody else's.
            options.state.mkdir(parents=True, mode=0o700)
        queue = Queue(Layout(options.state))
        cores = os.cpu_count() or 1

        def lane(name: str, workers: int) -> Lane:
            return Lane(name, workers, limits.waiting, limits.work_s)

        return cls(
            options=options,
            roots=roots,
            queue=queue,
            catalogue=Catalogue(queue, roots),
            crew=Crew(queue, options.workers, options.tasks),
            spool=Spool(queue.layout.inner),
            quick=lane("mapping points", 1),
            bulk=lane("mapping annotations", max(1, min(cores, _MOST_BULK_WORKERS))),
            slides=lane("opening slides", 1),
            reviewing=Reviewing(),
            streams=Streams(),
            stopping=threading.Event(),
        )

    def start(self) -> None:
        """Start the workers, and what should not keep the first client waiting."""
        self.crew.start()
        self.quick.warm_up("sar_models.service.work.points:map_points")
        if self.roots.folders:
            self.slides.warm_up("sar_models.service.work.asking:ask")

    def close(self) -> None:
        """End all processes and forget what was in the making; jobs stay in the queue."""
        self.stopping.set()
        for lane in (self.quick, self.bulk, self.slides):
            lane.close()
        self.crew.stop()
        self.spool.close()
        self.queue.close()


def _service(request: Request) -> Service:
    return cast(Service, request.app.state.service)


ServiceOf = Annotated[Service, Depends(_service)]
"""The service of the app that a route belongs to."""
