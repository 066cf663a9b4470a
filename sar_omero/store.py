"""An OMERO server as a store; it runs in a process of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import SlideError
from sar_models.stores.changes import PlanItem, Push, PushPlan
from sar_models.stores.readers.base import FileSlide
from sar_models.stores.sink import apply_plan, plan_change
from sar_omero.address import image_number, known_image, parse_address
from sar_omero.connection import Connection
from sar_omero.images import image_numbers, image_records, slide_info
from sar_omero.options import OmeroOptions, options_from_environment
from sar_omero.pixels import OmeroPixels
from sar_omero.questions import answered
from sar_omero.session_store import SessionStore
from sar_omero.shelf import OmeroShelf
from sar_omero.summary import status_of
from sar_omero.target_objects import read_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sar_models.domain.annotations import Annotation
    from sar_models.domain.slides import Slide, SlideInfo
    from sar_models.stores.changes import PushPolicy, PushReport, Withdraw
    from sar_models.stores.protocols import SlideId
    from sar_omero.address import Address
    from sar_omero.images import ImageRecord


class OmeroStore:
    """The images of a project, a dataset, or one image; making one connects to nothing.

    Slides are known by their addresses, ``omero://HOST:PORT/image/12``, and as ``Image:12``.

    Parameters
    ----------
    address : Address
    options : OmeroOptions, optional
    sessions : SessionStore, optional
        Where open sessions are found.
    """

    def __init__(
        self,
        address: Address,
        options: OmeroOptions | None = None,
        sessions: SessionStore | None = None,
    ) -> None:
        self.address = address
        self.connection = Connection(
            address, options or OmeroOptions(), sessions or SessionStore(address)
        )
        self.shelf = OmeroShelf(self.connection)

    def records(self) -> list[ImageRecord]:
        """Return what is known of all images without touching their pixels; no label images."""
        records = self.connection.read(
            lambda session: image_records(session, image_numbers(session, self.address))
        )
        return [one for one in records if one.is_slide or self.address.kind == "image"]

    def slides(self) -> Iterable[SlideInfo]:
        """Return all slides; images that are none, such as fluorescence, are left out."""
        found: list[SlideInfo] = []
        for record in self.records():
            try:
                with self._opened(record) as slide:
                    found.append(slide.info)
            except SlideError:
                continue
        return found

    def open(self, slide: SlideId) -> Slide:
        """Open an image; its pixels have a store of their own on the server until it is closed.

        Raises
        ------
        StoreError
            If the server has no such image.
        SlideError
            If it is no brightfield slide.
        """
        return self._opened(self.shelf.image(slide))

    def annotations(self, slide: SlideId) -> Sequence[Annotation]:
        """Return the objects of an image, with the transforms of their shapes applied."""
        number = self.shelf.image(slide).number
        page = self.connection.options.page
        return read_objects(self.connection, number, self.shelf.identity, page).annotations

    def plan(self, change: Push | Withdraw, policy: PushPolicy) -> PushPlan:
        """Return what a change means; reads only, permissions first.

        Raises
        ------
        StoreError
            If the user may not annotate one of the images.
        """
        self.shelf.prepare(change)
        pair = change.alignment.pair if isinstance(change, Push) else None
        source = change.source if pair is None else pair.source.uri  # type: ignore[union-attr]
        target = change.target if pair is None else pair.target.uri  # type: ignore[union-attr]
        known_image(target, self.address)
        for slide in (target, source):
            if image_number(slide, self.address) is not None:
                self.shelf.check_allowed(slide)
        return self._with_status(plan_change(self.shelf, change, policy))

    def apply(self, plan: PushPlan) -> PushReport:
        """Do what a plan says; what a crash or a lost connection leaves, the next push repairs."""
        self.shelf.prepare(plan.change)
        return apply_plan(self.shelf, plan)

    def answer(self, question: str, arguments: Mapping[str, Any]) -> Any:
        """Answer what only a server knows; see :mod:`sar_omero.questions`."""
        return answered(self, question, arguments)

    def close(self) -> None:
        """Leave the session; it stays open for others."""
        self.connection.close()

    def _opened(self, record: ImageRecord) -> Slide:
        slide_info(record, (record.size,), self.address, self.shelf.identity)  # refuses early
        pixels = OmeroPixels(self.connection, record)
        try:
            info = slide_info(record, pixels.levels, self.address, self.shelf.identity)
            return FileSlide(info, pixels)
        except BaseException:
            pixels.close()
            raise

    def _with_status(self, plan: PushPlan) -> PushPlan:
        """Also write a record that is there already, when reviewers said something new of it."""
        item, change = plan.record_item, plan.change
        if not isinstance(change, Push) or item is None or item.action != "keep":
            return plan
        if plan.record is None or item.reason != "the same result is there already":
            return plan
        status = status_of(change.decision)
        if self.shelf.status(item.key.source, item.key.target) == status:
            return plan
        changed = PlanItem("update", item.key, f"now {status}", item.label)
        items = tuple(changed if one is item else one for one in plan.items)
        return replace(plan, items=items)


def open_omero(uri: str) -> OmeroStore:
    """Open ``omero://HOST:PORT/dataset/5`` and its like; see :mod:`sar_models.stores.registry`."""
    return OmeroStore(parse_address(uri), options_from_environment())
