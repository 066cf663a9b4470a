"""An OMERO store with the harness of the contract tests: images go by the names used there."""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from omero_fixtures import picture
from store_harness import SOURCE, TARGET, CrashingShelf

from sar_models.domain.slides import SlidePair
from sar_models.stores import Push
from sar_models.stores.target import Journal
from sar_omero import namespaces, rois
from sar_omero.linked import linked, remove
from sar_omero.roi_codec import flattened
from sar_omero.target_objects import read_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from omero_server import Server

    from sar_models.domain.annotations import Annotation
    from sar_models.domain.slides import Slide, SlideInfo
    from sar_models.stores import PushPlan, PushPolicy, PushReport, Withdraw
    from sar_models.stores.target import RecordVersion, TargetState
    from sar_omero.shelf import OmeroShelf
    from sar_omero.store import OmeroStore


class OmeroHarness:
    """Two images of a server."""

    def __init__(self, server: Server, store: OmeroStore) -> None:
        self._server, self._omero = server, store
        images = {name: server.add_image(name, picture(), mpp=None).id for name in (SOURCE, TARGET)}
        self.store = NamedStore(store, images)

    def another(self) -> OmeroHarness:
        """Return one of two other images."""
        return OmeroHarness(self._server, self._omero)

    def person_writes(self, slide: str, annotations: Iterable[Annotation]) -> None:
        image = self._omero.shelf.image(self.store.names[slide])
        wanted = {str(annotation.id): roi for annotation, roi in flattened(annotations)}
        present = read_objects(self._omero.connection, image.number, "test", 500)
        there = {str(one.annotation.id): one.roi for one in present.decoded}

        def write(session: Any) -> None:
            gone = [roi.number for name, roi in there.items() if name not in wanted]
            if gone:
                rois.delete_rois(session, gone, image.group)
            for name, roi in wanted.items():
                if name not in there:
                    rois.create_rois(session, image.number, [roi], image.group)
                elif rois.content_key(there[name]) != rois.content_key(roi):
                    rois.update_roi(session, there[name].number, roi, image.group)

        self._omero.connection.write(write)

    def fingerprint(self) -> str:
        rows = json.dumps(self._server.rows(), sort_keys=True, default=str)
        return hashlib.sha256(rows.encode()).hexdigest()

    def lose_journal(self, slide: str) -> None:
        image = self._omero.shelf.image(self.store.names[slide])

        def lose(session: Any) -> None:
            journals = linked(session, [image.number], [namespaces.JOURNAL])
            remove(session, journals, image.group)

        self._omero.connection.write(lose)


class NamedStore:
    """A store whose images are known by the names that the contract uses."""

    def __init__(self, store: OmeroStore, images: Mapping[str, int]) -> None:
        self._store, self._inner = store, store.shelf
        if isinstance(self._inner, CrashingShelf):
            self._inner = self._inner._shelf
        self.names = {name: f"Image:{number}" for name, number in images.items()}
        self._uris = {store.address.image(number): name for name, number in images.items()}
        self._back = {number: name for name, number in self.names.items()}
        self._shelf: Any = NamedShelf(self._inner, self)

    def slides(self) -> Iterable[SlideInfo]:
        for name in self.names:
            with self.open(name) as slide:
                yield slide.info

    def open(self, slide: str) -> Slide:
        opened: Any = self._store.open(self.names.get(slide, slide))
        return opened.renamed(slide) if slide in self.names else opened

    def annotations(self, slide: str) -> Sequence[Annotation]:
        return self._store.annotations(self.names.get(slide, slide))

    def plan(self, change: Push | Withdraw, policy: PushPolicy) -> PushPlan:
        plan = self._store.plan(self._there(change), policy)
        items = tuple(
            replace(
                item,
                key=replace(
                    item.key, source=self._name(item.key.source), target=self._name(item.key.target)
                ),
            )
            for item in plan.items
        )
        return replace(plan, items=items, change=change, target=self._name(plan.target))

    def apply(self, plan: PushPlan) -> PushReport:
        there = replace(
            plan,
            change=self._there(plan.change),
            target=self.names[plan.target],
            items=tuple(
                replace(
                    item,
                    key=replace(
                        item.key,
                        source=self.names.get(item.key.source, item.key.source),
                        target=self.names[item.key.target],
                    ),
                )
                for item in plan.items
            ),
        )
        self._store.apply(there)
        return self._report(plan)

    @property
    def shelf(self) -> Any:
        return self._shelf

    @shelf.setter
    def shelf(self, shelf: Any) -> None:
        """Take over what tests do to the shelf: crash at a write, and be whole again."""
        crashes = isinstance(shelf, CrashingShelf)
        inner: Any = CrashingShelf(self._inner, shelf._left) if crashes else self._inner
        self._store.shelf = inner
        self._shelf = shelf

    def _report(self, plan: PushPlan) -> PushReport:
        from sar_models.stores import PushReport

        return PushReport(plan.items)

    def _name(self, slide: str) -> str:
        return self._back.get(slide, slide)

    def _there(self, change: Push | Withdraw) -> Push | Withdraw:
        if not isinstance(change, Push):
            source, target = (self.names.get(n, n) for n in (change.source, change.target))
            return replace(change, source=source, target=target)
        pair = change.alignment.pair
        moved = SlidePair(
            *(replace(s, uri=self.names.get(s.uri, s.uri)) for s in (pair.source, pair.target))
        )
        return replace(change, alignment=replace(change.alignment, pair=moved))


class NamedShelf:
    """What tests look at of the shelf."""

    def __init__(self, shelf: OmeroShelf, store: NamedStore) -> None:
        self._inner, self._names, self._back = shelf, store.names, store._back

    def load(self, target: str) -> TargetState:
        state = self._inner.load(self._names[target])
        published = {self._back.get(s, s): ids for s, ids in state.journal.published.items()}
        return replace(state, journal=Journal(published, state.journal.review_heads))

    def record(self, source: str, target: str) -> RecordVersion | None:
        return self._inner.record(self._names.get(source, source), self._names[target])

    @contextlib.contextmanager
    def locked(self, target: str) -> Iterator[None]:
        with self._inner.locked(self._names[target]):
            yield
