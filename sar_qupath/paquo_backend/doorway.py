"""The only file that imports paquo: an open project, and the few things that are done with it.

Importing paquo's modules starts the Java machine, so that happens in :meth:`JavaProject.open`.
Objects of Java never leave this file; what does is text and names.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_INSTALL = (
    "Install QuPath and name its folder in PAQUO_QUPATH_DIR, or use --backend files, which needs "
    "no Java."
)


@dataclass(frozen=True)
class Replacement:
    """What is done with objects of an entry.

    Parameters
    ----------
    features : str
        New objects as a GeoJSON collection.
    created : tuple of str
        Ids of those that come in at the top.
    replaced : mapping of str to bool
        Ids of objects that go; whether one of ``features`` takes the place.
    kept_children : mapping of str to tuple of str
        Ids of the children of an object that goes which stay, because people made them.
    """

    features: str
    created: tuple[str, ...]
    replaced: Mapping[str, bool]
    kept_children: Mapping[str, tuple[str, ...]]


class JavaProject:
    """A project, opened by QuPath's own classes.

    Parameters
    ----------
    project : QuPathProject
        As paquo has it.
    """

    def __init__(self, project: Any) -> None:
        self._project = project

    @classmethod
    def open(cls, file: Path) -> JavaProject:
        """Open a project for reading and writing; starts the Java machine.

        Raises
        ------
        StoreError
            If there is no usable QuPath, or it cannot open the project.
        """
        try:
            from paquo.projects import QuPathProject
        except ImportError:
            raise  # the extra is missing: told where the connector is loaded
        except (ValueError, OSError, RuntimeError) as exc:
            raise StoreError(f"QuPath cannot be started: {exc}", remedy=_INSTALL) from exc
        try:
            with _quiet():
                return cls(QuPathProject(file, mode="r+"))
        except Exception as exc:
            raise StoreError(
                f"QuPath cannot open the project {str(file)!r}: {exc}",
                remedy="Open it in QuPath itself; if that works, use --backend files.",
            ) from exc

    def read(self, entry: int, key: str) -> tuple[list[str], dict[str, str], dict[str, Any]]:
        """Return what an entry holds, read from its file.

        Returns
        -------
        features : list of str
            Each object as GeoJSON.
        parents : dict
            Id of the parent of each object that has one.
        remembered : dict
            The property ``key``, which holds JSON; empty if there is none.
        """
        from paquo.java import GsonTools

        texts: list[str] = []
        parents: dict[str, str] = {}
        with _quiet(), _translated(f"read entry {entry}"):
            data = self._data(entry)
            gson = GsonTools.getInstance()
            for parent, child in _walk(data.getHierarchy().getRootObject()):
                texts.append(str(gson.toJson(child)))
                if not parent.isRootObject():
                    parents[_id(child)] = _id(parent)
            value = data.getProperty(_string(key))
            remembered = {} if value is None else dict(json.loads(str(value)))
        return texts, parents, remembered

    def replace(self, entry: int, change: Replacement, key: str, remembered: Any) -> None:
        """Change objects of an entry, remember what was done, save, and read it again.

        Nothing is kept of a change that cannot be saved whole.

        Raises
        ------
        StoreError
            If QuPath does not read every object, or does not save them.
        """
        from paquo.java import ArrayList

        with _quiet(), _translated(f"write entry {entry}"):
            data = self._data(entry)
            hierarchy = data.getHierarchy()
            new = {_id(o): o for o in self._read(change.features)}
            wanted = {*change.created, *(name for name, has in change.replaced.items() if has)}
            if not wanted <= new.keys():
                missing = sorted(wanted - new.keys())
                raise StoreError(
                    f"QuPath read {len(new)} of {len(wanted)} objects; {missing[0]} is missing",
                    remedy="Nothing was changed. This is a bug in sar-align: please report it.",
                )
            old = {_id(o): o for _, o in _walk(hierarchy.getRootObject())}
            top = ArrayList()
            for name, has in change.replaced.items():
                parent = old[name].getParent()
                heir = new[name] if has else parent
                for child in change.kept_children.get(name, ()):
                    heir.addChildObject(old[child])
                hierarchy.removeObject(old[name], False)
                if has and not parent.isRootObject():
                    hierarchy.addObjectBelowParent(parent, new[name], False)
                elif has:
                    top.add(new[name])
            for name in change.created:
                top.add(new[name])
            if top.size():
                hierarchy.addObjects(top)
            data.setProperty(_string(key), _string(json.dumps(remembered, sort_keys=True)))
            expected = {_id(o) for _, o in _walk(hierarchy.getRootObject())}
            self._save(entry, data, expected)

    def close(self) -> None:
        """Let go of the project; the Java machine ends with its process."""
        self._project = None

    def _save(self, entry: int, data: Any, expected: set[str]) -> None:
        """Save one entry: paquo's own loop gives up on projects with images on a server."""
        found = self._entry(entry)
        file = found.entry_path / "data.qpdata"
        before = file.stat().st_mtime_ns if file.is_file() else None
        found.java_object.saveImageData(data)
        if not file.is_file() or file.stat().st_mtime_ns == before:
            raise StoreError(
                f"QuPath did not save {str(file)!r}",
                remedy="Check that the folder is writable and has space.",
            )
        again = found.java_object.readHierarchy()
        there = {_id(o) for _, o in _walk(again.getRootObject())}
        if there != expected:
            raise StoreError(
                f"QuPath saved {len(there)} of {len(expected)} objects in {str(file)!r}",
                remedy="The file was put back as it was.",
            )

    def _read(self, text: str) -> Any:
        from jpype import JClass
        from paquo.java import PathIO

        stream = JClass("java.io.ByteArrayInputStream")(_bytes(text))
        return PathIO.readObjectsFromGeoJSON(stream)

    def _entry(self, number: int) -> Any:
        for image in self._project.images:
            if str(image.entry_id) == str(number):
                return image
        raise StoreError(f"QuPath finds no entry {number} in the project")

    def _data(self, entry: int) -> Any:
        """Read an entry afresh: what paquo keeps would outlive a change that failed."""
        return self._entry(entry).java_object.readImageData()


def _walk(parent: Any) -> Iterator[tuple[Any, Any]]:
    """Yield parent and object for all objects below one."""
    for child in _list(parent.getChildObjects()):
        yield parent, child
        yield from _walk(child)


def _list(objects: Iterable[Any]) -> list[Any]:
    return list(objects)


def _id(java_object: Any) -> str:
    return str(java_object.getID().toString())


def _string(text: str) -> Any:
    from paquo.java import String

    return String(text)


def _bytes(text: str) -> Any:
    from paquo.java import StandardCharsets

    return _string(text).getBytes(StandardCharsets.UTF_8)


def _quiet() -> Any:
    """Keep what Java prints out of everybody's way."""
    from paquo._logging import redirect

    return redirect(stderr=True, stdout=True)  # type: ignore[no-untyped-call]  # paquo's


@contextlib.contextmanager
def _translated(what: str) -> Iterator[None]:
    """Turn what Java throws into an error of ours."""
    try:
        yield
    except StoreError:
        raise
    except Exception as exc:
        raise StoreError(
            f"QuPath could not {what}: {exc}",
            remedy="Open the image in QuPath; if that works, use --backend files.",
        ) from exc
