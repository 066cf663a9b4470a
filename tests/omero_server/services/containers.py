"""``IContainer``: projects, datasets and images as trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import omero
import omero.api

from omero_server.servants import Service
from omero_server.wire import Writer

if TYPE_CHECKING:
    from omero_server.model.rows import Row
    from omero_server.world import Call

_LINKS = {"Project": "datasetLinks", "Dataset": "imageLinks"}


class ContainerService(Service):
    """Loads objects together with what is in them."""

    interface = omero.api.IContainer

    def getImages(self, call: Call, kind: str, identifiers: list[int], options: Any) -> list[Any]:
        """Return images, their pixels loaded, named by their ids or by what they are in."""
        database = call.world.database
        with call.world.lock:
            writer = Writer(database, call.who)
            visible = call.visible()
            found = [
                image
                for row in _named(call, kind, identifiers)
                for image in _images_of(call, row)
                if visible(image)
            ]
            images = list({row.id: row for row in found}.values())
            for image in images:
                writer.load(image, "pixels")
                for pixels in database.referring(image, "Pixels", "image"):
                    writer.load(pixels, "pixelsType", "dimensionOrder", "image")
            return [writer.object(image) for image in images]

    def loadContainerHierarchy(
        self, call: Call, kind: str, identifiers: list[int] | None, options: Any
    ) -> list[Any]:
        """Return projects or datasets with their datasets; images as leaves only if asked."""
        with call.world.lock:
            writer = Writer(call.world.database, call.who)
            leaves = _option(options, "leaves")
            rows = _named(call, kind, identifiers)
            for row in rows:
                self._load(call, writer, row, leaves)
            return [writer.object(row) for row in rows]

    def getCollectionCount(
        self, call: Call, kind: str, name: str, identifiers: list[int], options: Any
    ) -> dict[int, int]:
        """Return how many links each object has."""
        from omero_server.model.schema import properties

        short, found = kind.rsplit(".", 1)[-1], name.rsplit("_", 1)[-1]
        about = properties(short)[found]
        with call.world.lock:
            return {
                row.id: len(call.world.database.referring(row, about.kind, about.foreign_key))
                for row in _named(call, short, identifiers)
            }

    def _load(self, call: Call, writer: Writer, row: Row, leaves: bool) -> None:
        name = _LINKS[row.kind]
        if row.kind == "Dataset" and not leaves:
            return
        writer.load(row, name)
        kind = "ProjectDatasetLink" if row.kind == "Project" else "DatasetImageLink"
        for link in call.world.database.referring(row, kind, "parent"):
            writer.load(link, "parent", "child")
            child = call.world.database.follow(link.values["child"])
            if child.kind in _LINKS:
                self._load(call, writer, child, leaves)


def _named(call: Call, kind: str, identifiers: list[int] | None) -> list[Row]:
    database, visible = call.world.database, call.visible()
    short = kind.rsplit(".", 1)[-1]
    if identifiers is None:
        return [row for row in database.rows(short) if visible(row)]
    rows = [database.get(short, identifier) for identifier in identifiers]
    return [row for row in rows if row is not None and visible(row)]


def _images_of(call: Call, row: Row) -> list[Row]:
    database = call.world.database
    if row.kind == "Image":
        return [row]
    link = {"Dataset": "DatasetImageLink", "Project": "ProjectDatasetLink"}[row.kind]
    children = [
        database.follow(each.values["child"]) for each in database.referring(row, link, "parent")
    ]
    return [image for child in children for image in _images_of(call, child)]


def _option(options: Any, name: str) -> bool:
    value = None if options is None or options.map is None else options.map.get(name)
    return value is not None and bool(value.val)
