"""Projects by their URI; see :mod:`sar_models.stores.registry`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_qupath.project.document import project_file
from sar_qupath.shelf import ProjectShelf
from sar_qupath.store import ProjectStore

if TYPE_CHECKING:
    from pathlib import Path

SCHEMES = ("qupath", "qupath+paquo")


def path_of_uri(uri: str) -> Path:
    """Return the project file of ``qupath:PATH``; ``#ENTRY`` at the end is left out.

    Raises
    ------
    RecordError
        If there is no project.
    """
    scheme, separator, path = uri.partition(":")
    if not separator or scheme.lower() not in SCHEMES:
        path = uri
    head, _, entry = path.rpartition("#")
    return project_file(head if head.endswith(".qpproj") and entry.isdecimal() else path)


def open_for_writing(project: Path, backend: str, *, force: bool = False) -> ProjectStore:
    """Open a project for the command line.

    Parameters
    ----------
    project : Path
        Project file, or the folder that holds it.
    backend : {"files", "paquo"}
        Whether results wait beside the project, or QuPath's own classes write them now.
    force : bool
        With ``paquo``: also when the project seems to be open in QuPath.

    Raises
    ------
    RecordError
        If there is no project.
    StoreError
        If the backend cannot be used.
    """
    del force
    return open_project(f"qupath:{project}")


def open_project(uri: str) -> ProjectStore:
    """Open ``qupath:PATH`` without Java: the project file, or the folder that holds it.

    Raises
    ------
    RecordError
        If there is no project, or it is damaged.
    """
    store = ProjectStore(ProjectShelf(path_of_uri(uri)))
    # Reading it now tells of a damaged one where it was named.
    _ = store.document
    return store
