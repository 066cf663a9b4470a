"""Images with what people wrote on them: what pairs are found by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sar_omero import namespaces
from sar_omero.linked import linked
from sar_omero.summary import key_of

if TYPE_CHECKING:
    from sar_omero.linked import Linked
    from sar_omero.store import OmeroStore


def listed(store: OmeroStore) -> list[dict[str, Any]]:
    """Return every slide with its tags and key-value pairs, as JSON values.

    Keys of one slide that come several times keep their first value; pairs of programs, ours
    included, do not count.
    """
    records = store.records()
    found = store.connection.read(
        lambda session: linked(session, [record.number for record in records])
    )
    by_image: dict[int, list[Linked]] = {}
    for one in found:
        by_image.setdefault(one.image, []).append(one)
    return [
        {
            "slide": store.address.image(record.number),
            "id": record.number,
            "name": record.name,
            "width": record.size.width,
            "height": record.size.height,
            "mpp": None if record.mpp is None else [record.mpp.x, record.mpp.y],
            "owner": record.owner,
            "may_annotate": record.may_annotate,
            **_words(by_image.get(record.number, [])),
        }
        for record in records
    ]


def summaries(store: OmeroStore) -> list[dict[str, Any]]:
    """Return what summaries of ours tell, one for every pair."""
    numbers = [record.number for record in store.records()]
    found = store.connection.read(lambda session: linked(session, numbers, [namespaces.ALIGNMENT]))
    by_key = {key_of(one.pairs): dict(one.pairs) for one in reversed(found) if key_of(one.pairs)}
    return [by_key[key] for key in sorted(by_key)]


def _words(annotations: list[Linked]) -> dict[str, Any]:
    tags: list[str] = []
    values: dict[str, str] = {}
    for one in annotations:
        if one.kind == "TagAnnotation":
            tags.append(one.text)
        elif one.kind == "MapAnnotation" and not one.namespace.startswith("sar-align/"):
            for name, value in one.pairs:
                values.setdefault(name, value)
    return {"tags": tags, "values": values}
