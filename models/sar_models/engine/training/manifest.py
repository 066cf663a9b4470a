"""The manifest of the weights that ship: what each file is, and how it was made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import InputError, UnknownVersionError
from sar_models.engine.scene.weights import MANIFEST_NAME
from sar_models.stores.atomic import atomic_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_VERSION = 1


def enter_weights(path: Path, notes: Mapping[str, Any], command: str) -> Path:
    """Enter weights into the manifest beside them; what it says of other files stays.

    No date is in it: the same training gives the same manifest.

    Parameters
    ----------
    path : Path
        Of the weights.
    notes : mapping
        As `export_weights` returns them.
    command : str
        The command that trains them.

    Returns
    -------
    Path
        Of the manifest.

    Raises
    ------
    InputError
        If the manifest that is there is damaged.
    UnknownVersionError
        If a newer version wrote it.
    """
    manifest = path.parent / MANIFEST_NAME
    files = _entries(manifest) | {path.name: {"command": command} | dict(notes)}
    record = {"version": _VERSION, "files": files}
    with atomic_file(manifest) as partial:
        partial.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return manifest


def _entries(manifest: Path) -> dict[str, Any]:
    if not manifest.exists():
        return {}
    try:
        record = json.loads(manifest.read_text(encoding="utf-8"))
        version, files = record["version"], dict(record["files"])
    except (ValueError, TypeError, KeyError) as exc:
        raise InputError(
            f"{str(manifest)!r} is damaged", remedy="Restore it, or remove it to begin anew."
        ) from exc
    if version != _VERSION:
        raise UnknownVersionError(
            f"{str(manifest)!r} has version {version!r}, this program knows {_VERSION}",
            remedy="Use a newer version of sar-align.",
        )
    return files
