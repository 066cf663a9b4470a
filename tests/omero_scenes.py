"""Two images on a test server, and pushes between them."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import builders
from omero_fixtures import open_as, picture
from store_harness import ALL, note

from sar_models.domain.slides import SlidePair
from sar_models.stores.alignment_folder import write_alignment
from sar_models.stores.changes import Push, PushReport, Withdraw

if TYPE_CHECKING:
    from pathlib import Path

    from omero_server import Server

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.annotations import Annotation
    from sar_models.stores.changes import PushPolicy
    from sar_omero.store import OmeroStore

REPORT = {"report.html": b"<!doctype html><title>report</title>"}


class Scene:
    """A source and a target image of ann's in the read-annotate group."""

    def __init__(
        self, server: Server, store: OmeroStore, group: str = "annotate-lab", owner: str = "ann"
    ) -> None:
        self.server, self.store = server, store
        images = [server.add_image(n, picture(), group=group, owner=owner) for n in ("he", "ihc")]
        self.source, self.target = (store.address.image(image.id) for image in images)

    @property
    def source_number(self) -> int:
        return int(self.source.rpartition("/")[2])

    @property
    def target_number(self) -> int:
        return int(self.target.rpartition("/")[2])

    def push(
        self,
        *notes: Annotation,
        store: OmeroStore | None = None,
        policy: PushPolicy = ALL,
        **of: Any,
    ) -> PushReport:
        used = store or self.store
        return used.apply(used.plan(self.push_of(*notes, **of), policy))

    def push_of(self, *notes: Annotation, **fields: Any) -> Push:
        made = fields.pop("alignment", None) or builders.make_alignment()
        return Push(alignment_of(made, self.source, self.target), notes, files=REPORT, **fields)

    def withdraw(self, store: OmeroStore | None = None) -> PushReport:
        used = store or self.store
        return used.apply(used.plan(Withdraw(self.source, self.target, records=True), ALL))

    def folder(self, path: Path) -> Path:
        """Write the alignment as `sar-align omero align` would."""
        made = alignment_of(builders.make_alignment(), self.source, self.target)
        write_alignment(path, made, REPORT)
        return path


def alignment_of(alignment: Alignment, source: str, target: str) -> Alignment:
    pair = alignment.pair
    moved = SlidePair(replace(pair.source, uri=source), replace(pair.target, uri=target))
    return replace(alignment, pair=moved)


def push_as(server: Any, user: str, folder: Path, source: str, target: str) -> None:
    """Push two objects from another process; see `Server` for what it is told of the server."""
    os.environ["OMP_NUM_THREADS"] = "1"
    store = open_as(server, user, folder)
    made = alignment_of(builders.make_alignment(), source, target)
    change = Push(made, (note("a"), note("b", 40)), files=REPORT)
    store.apply(store.plan(change, ALL))
    store.close()
