"""Small services that only tell something: configuration, enumerations, annotations."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import omero
import omero.api
from omero.rtypes import rtime

from omero_server.model import schema
from omero_server.servants import Service
from omero_server.wire import Writer

if TYPE_CHECKING:
    from omero_server.model.rows import Row
    from omero_server.world import Call

VERSION = "5.6.17"


class ConfigService(Service):
    """``IConfig``."""

    interface = omero.api.IConfig

    def getVersion(self, call: Call) -> str:
        return VERSION

    def getConfigValue(self, call: Call, key: str) -> str:
        return call.world.config.get(key, "")

    def getConfigValues(self, call: Call, pattern: str) -> dict[str, str]:
        return {k: v for k, v in call.world.config.items() if re.search(pattern, k)}

    def getClientConfigValues(self, call: Call) -> dict[str, str]:
        return {k: v for k, v in call.world.config.items() if k.startswith("omero.client.")}

    def getClientConfigDefaults(self, call: Call) -> dict[str, str]:
        return self.getClientConfigValues(call)

    def getDatabaseUuid(self, call: Call) -> str:
        return call.world.config["omero.db.uuid"]

    def getServerTime(self, call: Call) -> Any:
        return rtime(int(time.time() * 1000))


class TypesService(Service):
    """``ITypes``."""

    interface = omero.api.ITypes

    def allEnumerations(self, call: Call, kind: str) -> list[Any]:
        writer = Writer(call.world.database, call.who)
        return [writer.object(row) for row in call.world.database.rows(_enumeration(kind))]

    def getEnumeration(self, call: Call, kind: str, value: str) -> Any:
        writer = Writer(call.world.database, call.who)
        for row in call.world.database.rows(_enumeration(kind)):
            if row.values["value"] == value:
                return writer.object(row)
        raise omero.ApiUsageException(None, "", f"{kind} has no value {value!r}")


class MetadataService(Service):
    """``IMetadata``."""

    interface = omero.api.IMetadata

    def loadAnnotations(
        self,
        call: Call,
        kind: str,
        identifiers: list[int],
        kinds: list[str] | None,
        owners: list[int] | None,
        options: Any,
    ) -> dict[int, list[Any]]:
        """Return the annotations of objects, by their ids."""
        wanted = {name.rsplit(".", 1)[-1] for name in kinds or ()}
        database = call.world.database
        short = kind.rsplit(".", 1)[-1]
        with call.world.lock:
            writer, visible = Writer(database, call.who), call.visible()
            found: dict[int, list[Any]] = {}
            for identifier in identifiers:
                links = database.referring_to(
                    (schema.root_of(short), identifier), f"{short}AnnotationLink", "parent"
                )
                rows = [database.follow(link.values["child"]) for link in links if visible(link)]
                found[identifier] = [
                    _loaded(writer, row)
                    for row in rows
                    if visible(row) and (not wanted or row.kind in wanted)
                ]
            return found

    def loadSpecifiedAnnotations(
        self,
        call: Call,
        kind: str,
        include: list[str],
        exclude: list[str],
        options: Any,
    ) -> list[Any]:
        """Return all annotations of a kind, of or without some namespaces."""
        with call.world.lock:
            database = call.world.database
            writer, visible = Writer(database, call.who), call.visible()
            return [
                _loaded(writer, row)
                for row in database.rows(kind.rsplit(".", 1)[-1])
                if visible(row)
                and (not include or row.values.get("ns") in include)
                and (not exclude or row.values.get("ns") not in exclude)
            ]

    def loadAnnotation(self, call: Call, identifiers: list[int]) -> list[Any]:
        """Return annotations by their ids."""
        with call.world.lock:
            database = call.world.database
            writer, visible = Writer(database, call.who), call.visible()
            rows = [database.get("Annotation", i) for i in identifiers]
            return [_loaded(writer, row) for row in rows if row is not None and visible(row)]


def _loaded(writer: Writer, row: Row) -> Any:
    if row.kind == "FileAnnotation":
        writer.load(row, "file")
    return writer.object(row)


def _enumeration(kind: str) -> str:
    short = kind.rsplit(".", 1)[-1]
    if short not in schema.ENUMERATIONS:
        raise omero.ApiUsageException(None, "", f"this test server has no {kind}")
    return short
