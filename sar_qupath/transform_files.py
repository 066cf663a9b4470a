"""The transform of a pair as files: for Warpy, and for QuPath's interactive image alignment."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sar_models.domain.errors import ExportError
from sar_models.exports import ExportOptions, export_alignment
from sar_models.stores.atomic import atomic_file
from sar_models.stores.journal_file import reported
from sar_qupath.places import entry_key

if TYPE_CHECKING:
    from sar_models.domain.alignment import Alignment
    from sar_qupath.places import Places
    from sar_qupath.project import Entry

_ANY_PX = 1e6
"""The affine for looking at an overlay may be off; its statement says by how much."""


@dataclass(frozen=True)
class FileChange:
    """A file that is written, removed or left, and why.

    Parameters
    ----------
    action : {"create", "update", "keep", "delete"}
    path : Path
    reason : str
    content : bytes
        What is written; empty otherwise.
    about : bytes
        What it says of itself, for the file beside.
    """

    action: Literal["create", "update", "keep", "delete"]
    path: Path
    reason: str
    content: bytes = b""
    about: bytes = b""


def plan_transform_files(
    places: Places, alignment: Alignment | None, source: Entry, target: Entry
) -> tuple[FileChange, ...]:
    """Return what becomes of the transform files of a pair; reads only.

    A file of Warpy's that somebody else made stays.

    Parameters
    ----------
    places : Places
    alignment : Alignment or None
        Between the entries; ``None``: what we wrote goes.
    source, target : Entry
    """
    key, other = entry_key(source.id), entry_key(target.id)
    wanted: tuple[tuple[Path, Literal["warpy", "qupath"], str], ...] = (
        (places.warpy(source.id, target.id), "warpy", ".json"),
        (places.affine_text(key, other), "qupath", ".txt"),
    )
    return tuple(
        _plan(places, path, None if alignment is None else _exported(alignment, form, suffix))
        for path, form, suffix in wanted
    )


def apply_file_change(places: Places, change: FileChange) -> None:
    """Do what a plan says; the statement goes first, so that the file is known as ours.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    about = _about(places, change.path)
    with reported(change.path, "written"):
        if change.action in ("create", "update"):
            for path, content in ((about, change.about), (change.path, change.content)):
                path.parent.mkdir(parents=True, exist_ok=True)
                with atomic_file(path) as partial:
                    partial.write_bytes(content)
        elif change.action == "delete":
            change.path.unlink(missing_ok=True)
            about.unlink(missing_ok=True)


def _exported(alignment: Alignment, form: Literal["warpy", "qupath"], suffix: str) -> Any:
    """Return content and statement of a file, or why there is none."""
    tolerance_px = _ANY_PX if form == "qupath" else None
    options = ExportOptions(frame="file", tolerance_px=tolerance_px)
    with tempfile.TemporaryDirectory(prefix="sar-align-qupath-") as scratch:
        path = Path(scratch) / f"transform{suffix}"
        try:
            (exported,) = export_alignment(alignment, path, form, options)
        except ExportError as exc:
            return str(exc)
        return path.read_bytes(), exported.about


def _plan(places: Places, path: Path, exported: Any) -> FileChange:
    there = path.read_bytes() if path.is_file() else None
    ours = there is not None and _is_ours(places, path, there)
    if there is not None and not ours:
        return FileChange("keep", path, "somebody else made it")
    if exported is None or isinstance(exported, str):
        why = exported or "withdrawn"
        return FileChange("keep" if there is None else "delete", path, why)
    content, about = exported
    if there == content:
        return FileChange("keep", path, "unchanged")
    statement = {"sha256": hashlib.sha256(content).hexdigest(), **about}
    text = json.dumps(statement, indent=1, ensure_ascii=False).encode()
    error = about["error_over_tissue"]
    reason = f"{error['kind']}, up to {error['max_px']:.2g} px off over tissue"
    return FileChange("create" if there is None else "update", path, reason, content, text)


def _about(places: Places, path: Path) -> Path:
    return places.results / "about" / f"{path.stem}.json"


def _is_ours(places: Places, path: Path, content: bytes) -> bool:
    try:
        stated = json.loads(_about(places, path).read_bytes())["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(stated == hashlib.sha256(content).hexdigest())
