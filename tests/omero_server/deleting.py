"""What ``Delete2`` does: an object goes together with what cannot be without it.

The rules that matter to a connector, from OMERO's documentation of deletion:

- links, ROIs, shapes and pixels go with what they hang on;
- an annotation goes with the last object that it is linked to, but tags, terms and files stay
  unless the request includes their type;
- the file of a file annotation goes with it when nothing else uses it;
- the images of a dataset, and the datasets of a project, go with it unless they are in another;
- everything that goes must be the caller's to delete, or nothing goes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from omero_server.model import schema
from omero_server.security import rights

if TYPE_CHECKING:
    from collections.abc import Iterable

    from omero_server.model.database import Database
    from omero_server.model.rows import Row
    from omero_server.security import Who

KEPT = frozenset({"FileAnnotation", "TagAnnotation", "TermAnnotation"})
_PARTS = frozenset(
    {
        *("Channel", "FilesetEntry", "FolderImageLink", "FolderRoiLink", "Pixels", "Roi"),
        *("WellSample", *schema.SHAPES),
    }
)
_CONTENTS = {"DatasetImageLink", "ProjectDatasetLink"}


class DeleteRefusedError(Exception):
    """Nothing was deleted; the message is sent to the client."""


@dataclass(frozen=True)
class Choice:
    """One ``ChildOption``: which kinds, of which namespaces, go or stay."""

    include: frozenset[str]
    exclude: frozenset[str]
    include_ns: frozenset[str] = frozenset()
    exclude_ns: frozenset[str] = frozenset()


@dataclass
class Deletion:
    """One request.

    Attributes
    ----------
    choices : tuple of Choice
        What goes along or stays, against the rules above; the first that fits decides.
    """

    database: Database
    caller: Who
    choices: tuple[Choice, ...] = ()
    _doomed: dict[tuple[str, int], Row] = field(default_factory=dict)

    def add(self, kind: str, identifiers: Iterable[int]) -> None:
        """Name objects to be deleted.

        Raises
        ------
        DeleteRefusedError
            If one does not exist or cannot be seen.
        """
        for identifier in identifiers:
            row = self.database.get(kind, identifier)
            if row is None or not rights(self.database, self.caller, row).read:
                raise DeleteRefusedError(f"cannot read {kind}[{identifier}]")
            self._doom(row)

    def run(self, dry: bool) -> dict[str, list[int]]:
        """Delete; return the ids by class name, as the server tells them."""
        for row in self._doomed.values():
            if not rights(self.database, self.caller, row).delete:
                raise DeleteRefusedError(f"not permitted to delete {row.kind}[{row.id}]")
            self._check_users(row)
        found: dict[str, list[int]] = {}
        for row in self._doomed.values():
            found.setdefault(_class_name(row.kind), []).append(row.id)
        if not dry:
            for row in self._doomed.values():
                self.database.delete(row)
        return found

    @property
    def files(self) -> list[int]:
        """The original files that go."""
        return [row.id for row in self._doomed.values() if row.kind == "OriginalFile"]

    def _check_users(self, row: Row) -> None:
        for user, name in self.database.all_referring(row):
            if _key(user) not in self._doomed:
                raise DeleteRefusedError(
                    f"cannot delete {row.kind}[{row.id}]: {user.kind}[{user.id}].{name} uses it"
                )

    def _doom(self, row: Row) -> None:
        if _key(row) in self._doomed:
            return
        self._doomed[_key(row)] = row
        for user, _ in self.database.all_referring(row):
            if user.kind in schema.LINKS or user.kind in _PARTS:
                self._doom(user)
        if row.kind.endswith("AnnotationLink") or row.kind in _CONTENTS:
            self._orphan(row)
        if row.kind in schema.SHAPES and "transform" in row.values:
            self._unused(self.database.follow(row.values["transform"]))
        if row.kind == "FileAnnotation" and "file" in row.values:
            self._unused(self.database.follow(row.values["file"]))
        if row.kind == "FilesetEntry":
            self._unused(self.database.follow(row.values["originalFile"]))

    def _orphan(self, link: Row) -> None:
        """Take along what hung on a link, if its parent goes and nothing else holds it."""
        parent = self.database.follow(link.values["parent"])
        child = self.database.follow(link.values["child"])
        if _key(parent) not in self._doomed or _key(child) in self._doomed:
            return
        if self._stays(child):
            return
        # Only what one may delete goes along; somebody else's stays where it is.
        if rights(self.database, self.caller, child).delete:
            self._unused(child)

    def _stays(self, child: Row) -> bool:
        names = {child.kind, *(["Annotation"] if child.kind in schema.ANNOTATIONS else [])}
        ns = child.values.get("ns")
        for choice in self.choices:
            if child.kind in schema.ANNOTATIONS and (
                (choice.include_ns and ns not in choice.include_ns)
                or (choice.exclude_ns and ns in choice.exclude_ns)
            ):
                continue
            if names & choice.include:
                return False
            if names & choice.exclude:
                return True
        return child.kind in KEPT

    def _unused(self, row: Row) -> None:
        users = [user for user, _ in self.database.all_referring(row)]
        held = [u for u in users if _key(u) not in self._doomed and not _hangs_on(u, row)]
        if not held:
            self._doom(row)


def _hangs_on(user: Row, row: Row) -> bool:
    """Whether a link or part goes with a row, instead of holding it."""
    if user.kind in schema.LINKS:
        return user.values.get("parent") == (row.kind, row.id)
    return user.kind in _PARTS


def _key(row: Row) -> tuple[str, int]:
    return (schema.root_of(row.kind), row.id)


def _class_name(kind: str) -> str:
    packages = {"Roi": "roi", "OriginalFile": "core", "Image": "core", "Pixels": "core"}
    if kind in schema.ANNOTATIONS or kind.endswith("AnnotationLink"):
        package = "annotations"
    elif kind in schema.SHAPES:
        package = "roi"
    else:
        package = packages.get(kind, "containers")
    return f"ome.model.{package}.{kind}"
