"""``project.qpproj`` of QuPath 0.4 to 0.7."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import RecordError, SlideError
from sar_qupath.project.builders import parse_builder

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from sar_qupath.project.chain import Chain

PROJECT_NAME = "project.qpproj"
_MOST_BYTES = 512 * 2**20
_REMEDY = "Open it in QuPath; if that fails, its backup is project.qpproj.backup."


@dataclass(frozen=True, eq=False)
class Entry:
    """One image of a project.

    Parameters
    ----------
    id : int
        QuPath's number, also the name of its folder below ``data``.
    name : str
        Image name for people; several entries may share it.
    slide : str
        How SAR-Align calls it: the name, with ``#ID`` where others have the same.
    chain : Chain or None
        Where its image comes from; ``None``: it cannot be used.
    refusal : str
        Why it cannot be used; empty if it can.
    description : str
    metadata : mapping of str to str
        Key-value pairs that people gave it.
    tags : tuple of str
    builder : mapping
        The ``serverBuilder`` as it stands.
    """

    id: int
    name: str
    slide: str
    chain: Chain | None
    refusal: str = ""
    description: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    builder: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ProjectDocument:
    """A project as its file tells it.

    Parameters
    ----------
    path : Path
        Of the project file.
    version : str
        Of the QuPath that wrote it.
    uri : str
        Where that QuPath had it.
    entries : tuple of Entry
        In the order of the project.
    sha256 : str
        Of the file: another writer changes it.
    """

    path: Path
    version: str
    uri: str
    entries: tuple[Entry, ...]
    sha256: str

    @property
    def folder(self) -> Path:
        """The project's folder."""
        return self.path.parent


def project_file(path: str | os.PathLike[str]) -> Path:
    """Return the project file that a path names: itself, or the one in the folder.

    Raises
    ------
    RecordError
        If there is none.
    """
    given = Path(path)
    if given.is_dir():
        usual = given / PROJECT_NAME
        found = [usual] if usual.is_file() else sorted(given.glob("*.qpproj"))
        if len(found) == 1:
            return found[0]
        raise RecordError(
            f"{str(given)!r} is no QuPath project: it has {len(found) or 'no'} project files",
            remedy="Give the file project.qpproj, or the folder that holds it.",
        )
    if not given.is_file():
        raise RecordError(
            f"There is no QuPath project {str(given)!r}",
            remedy="Give the file project.qpproj, or the folder that holds it.",
        )
    return given


def read_project(path: str | os.PathLike[str]) -> ProjectDocument:
    """Read a project; nothing but its project file is looked at.

    Entries that cannot be used are there, too, each with its reason.

    Parameters
    ----------
    path : path
        ``project.qpproj``, or the folder that holds it.

    Raises
    ------
    RecordError
        If it is no project, or is damaged.
    """
    file = project_file(path)
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise RecordError(f"{str(file)!r} is too large for a QuPath project")
        content = file.read_bytes()
        record = json.loads(content)
    except OSError as exc:
        raise RecordError(
            f"The QuPath project {str(file)!r} cannot be read: {exc.strerror or exc}",
            remedy="Check that you may read it.",
        ) from exc
    except (ValueError, RecursionError) as exc:
        raise RecordError(
            f"The QuPath project {str(file)!r} is damaged: {exc}", remedy=_REMEDY
        ) from exc
    images = record.get("images") if isinstance(record, dict) else None
    if not isinstance(images, list) or not all(isinstance(image, dict) for image in images):
        raise RecordError(f"{str(file)!r} is no QuPath project: it lists no images", remedy=_REMEDY)
    return ProjectDocument(
        path=file,
        version=str(record.get("version") or "unknown"),
        uri=str(record.get("uri") or ""),
        entries=_entries(images),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _entries(images: list[dict[str, Any]]) -> tuple[Entry, ...]:
    ids = [_id_of(image.get("entryID")) for image in images]
    names = [
        str(image.get("imageName") or f"image {i}") for image, i in zip(images, ids, strict=True)
    ]
    same_id, same_name = Counter(ids), Counter(names)
    return tuple(
        _entry(image, number, name, same_id[number], same_name[name])
        for image, number, name in zip(images, ids, names, strict=True)
    )


def _id_of(value: Any) -> int:
    """Return an entry's number, -1 for what is none: it names a folder and must not lead away."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value)
    return value if type(value) is int and value >= 0 else -1


def _entry(image: dict[str, Any], number: int, name: str, same_id: int, same_name: int) -> Entry:
    metadata, tags, builder = (image.get(key) for key in ("metadata", "tags", "serverBuilder"))
    chain, refusal = None, ""
    try:
        if number < 0:
            raise SlideError(f"The entry has the ID {image.get('entryID')!r}, expected a number")
        if same_id > 1:
            raise SlideError(
                f"{same_id} entries share the ID {number}: QuPath keeps their data in one folder",
                remedy="Remove all but one of them in QuPath and add the images again.",
            )
        chain = parse_builder(builder)
    except SlideError as exc:
        refusal = str(exc)
    return Entry(
        id=number,
        name=name,
        slide=name if same_name == 1 else f"{name}#{number}",
        chain=chain,
        refusal=refusal,
        description=str(image.get("description") or ""),
        metadata={str(k): str(v) for k, v in metadata.items()}
        if isinstance(metadata, dict)
        else {},
        tags=tuple(str(tag) for tag in tags) if isinstance(tags, list) else (),
        builder=builder if isinstance(builder, dict) else {},
    )


def _texts(values: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in values.items()} if isinstance(values, dict) else {}
