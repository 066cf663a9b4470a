"""Reads and writes on images of a server, as the :class:`Shelf` that pushes are made of."""

from __future__ import annotations

import contextlib
import hashlib
import re
from typing import TYPE_CHECKING

from sar_models.domain.errors import StoreError
from sar_models.stores.changes import NAMESPACE, Push, StableKey
from sar_models.stores.target import TargetState
from sar_omero import journal_writing, namespaces, object_writing, record_writing
from sar_omero.address import image_number, known_image
from sar_omero.fitting import fitted
from sar_omero.images import image_record
from sar_omero.journal_text import journal_from_text, merged
from sar_omero.linked import linked
from sar_omero.locking import is_left_behind, pushing
from sar_omero.roi_codec import as_stored
from sar_omero.summary import key_of, status_of, told_status
from sar_omero.target_objects import read_objects

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.annotations import Annotation
    from sar_models.stores.changes import Withdraw
    from sar_models.stores.protocols import SlideId
    from sar_models.stores.target import Journal, RecordVersion
    from sar_omero.connection import Connection
    from sar_omero.images import ImageRecord


class OmeroShelf:
    """What a :class:`~sar_omero.store.OmeroStore` holds; see :class:`Shelf`.

    Slides are known as ``Image:12`` here, whatever name the server was reached by.

    Parameters
    ----------
    connection : Connection
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._identity = ""
        self._status = ""

    @property
    def identity(self) -> str:
        """What the server calls itself, the same under every address."""
        if not self._identity:
            self._identity = self._connection.read(
                lambda session: str(session.services.getConfigService().getDatabaseUuid())
            )
        return self._identity

    def prepare(self, change: Push | Withdraw) -> None:
        """Learn what a change says beyond its alignment: what reviewers decided."""
        self._status = status_of(change.decision) if isinstance(change, Push) else ""

    def slide_id(self, uri: str) -> SlideId:
        """Return ``Image:12`` for an image of this server; a name without path of one elsewhere."""
        number = image_number(uri, self._connection.address)
        if number is not None:
            return f"Image:{number}"
        *parents, name = re.split(r"[/\\]", uri)
        if not parents:
            return uri
        return f"{name}#{hashlib.sha256(uri.encode()).hexdigest()[:8]}"

    def image(self, slide: SlideId) -> ImageRecord:
        """Return what is known of an image.

        Raises
        ------
        StoreError
            If the server has no such image, or it cannot be seen.
        """
        number = known_image(slide, self._connection.address)
        return self._connection.read(lambda session: image_record(session, number))

    def check_allowed(self, slide: SlideId) -> None:
        """Refuse an image that the user must not annotate, before any work is done for it.

        Raises
        ------
        StoreError
            With the permission that is missing.
        """
        record = self.image(slide)
        if not record.may_annotate:
            user = self._connection.read(lambda session: session.user)
            raise StoreError(
                f"{user!r} lacks the permission to annotate Image:{record.number} "
                f"({record.name!r}) of {record.owner!r}, in group {record.group}",
                remedy="Nothing was written. Ask the owner of the group to make it "
                "read-annotate, or push as the owner of the image.",
            )

    def load(self, target: SlideId) -> TargetState:
        """Read the objects and the journal of an image."""
        image = self.image(target).number
        objects = read_objects(self._connection, image, self.identity, self._page)
        journals = self._connection.read(
            lambda session: [
                (one.owner, one.text) for one in linked(session, [image], [namespaces.JOURNAL])
            ]
        )
        user = self._connection.read(lambda session: session.user)
        texts = [text for _, text in journals]
        version = hashlib.sha256(repr((objects.version, sorted(texts))).encode()).hexdigest()
        fixed = {
            key: f"it belongs to {owner!r}"
            for key, owner in (objects.owners() | self._record_owners(image)).items()
            if owner != user
        }
        return TargetState(
            objects.annotations,
            merged(journal_from_text(text, image) for text in texts),
            version,
            fixed=fixed,
            untidy=bool(objects.losers)
            or objects.doubled
            or self._connection.read(lambda session: is_left_behind(session, image)),
        )

    def record(self, source: SlideId, target: SlideId) -> RecordVersion | None:
        """Return which alignment of a pair stands on the server, whole."""
        key, image = StableKey(source, target), known_image(target, self._connection.address)
        return self._connection.read(
            lambda session: record_writing.standing(
                session, image, image_number(source, self._connection.address), key
            )
        )

    def status(self, source: SlideId, target: SlideId) -> str:
        """Return the status that the summary on the target tells."""
        key, image = str(StableKey(source, target)), known_image(target, self._connection.address)
        found = self._connection.read(
            lambda session: linked(session, [image], [namespaces.ALIGNMENT])
        )
        return next((told_status(one.pairs) for one in found if key_of(one.pairs) == key), "")

    def as_stored(self, annotation: Annotation) -> Annotation | None:
        """Return an object as it comes back: no finer than 0.001 px, not too many vertices."""
        return as_stored(fitted(annotation, self._connection.options.most_vertices))

    @contextlib.contextmanager
    def locked(self, target: SlideId) -> Iterator[None]:
        """Keep other pushers off an image."""
        record = self.image(target)
        self._connection.wake()
        with pushing(self._connection, record.number, record.group):
            yield

    def save_record(
        self, source: SlideId, target: SlideId, alignment: Alignment, files: Mapping[str, bytes]
    ) -> None:
        """Attach record, transform and report to the target, and the summary to both images."""
        record = self.image(target)
        other = image_number(source, self._connection.address)
        sides = record_writing.Sides(
            StableKey(source, target), record, None if other is None else self.image(source)
        )
        status = self._status
        self._connection.write(
            lambda session: record_writing.save(session, sides, alignment, files, status)
        )

    def delete_record(self, source: SlideId, target: SlideId) -> None:
        """Remove the alignment of a pair from both images."""
        record = self.image(target)
        other = image_number(source, self._connection.address)
        sides = record_writing.Sides(
            StableKey(source, target), record, None if other is None else self.image(source)
        )
        self._connection.write(lambda session: record_writing.remove_record(session, sides))

    def save_annotations(self, target: SlideId, annotations: tuple[Annotation, ...]) -> None:
        """Write our objects of an image where they changed; other people's are left alone."""
        record = self.image(target)
        present = read_objects(self._connection, record.number, self.identity, self._page)
        options = self._connection.options
        wanted = object_writing.wanted_objects(annotations, f"Image:{record.number}", options)
        self._connection.write(
            lambda session: object_writing.write(session, record, present, wanted, options.page)
        )

    def save_journal(self, target: SlideId, journal: Journal) -> None:
        """Write the journal of an image."""
        record = self.image(target)
        self._connection.write(lambda session: journal_writing.save(session, record, journal))

    @property
    def _page(self) -> int:
        return self._connection.options.page

    def _record_owners(self, image: int) -> dict[tuple[str, str], str]:
        found = self._connection.read(
            lambda session: linked(session, [image], [namespaces.ALIGNMENT])
        )
        owners: dict[tuple[str, str], str] = {}
        for one in found:
            namespace, *rest = key_of(one.pairs).split(" | ")
            if namespace == NAMESPACE and len(rest) == 3 and rest[1] == f"Image:{image}":
                owners.setdefault((rest[0], ""), one.owner)
        return owners
