"""Projects by their URI; see :mod:`sar_models.stores.registry`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_models.domain.errors import StoreError
from sar_qupath.project.document import project_file
from sar_qupath.shelf import ProjectShelf
from sar_qupath.store import ProjectStore

if TYPE_CHECKING:
    from pathlib import Path

SCHEMES = ("qupath", "qupath+paquo")
_FORCE = "?force"


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
    path = path.removesuffix(_FORCE)
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
    if backend == "files":
        return open_project(f"qupath:{project}")
    from sar_models.stores import open_store
    from sar_models.stores.worker import WorkerStore
    from sar_qupath.paquo_backend.store import PaquoStore

    file = project_file(project)
    worker = open_store(f"qupath+paquo:{file.resolve()}{_FORCE if force else ''}")
    if not isinstance(worker, WorkerStore):
        raise StoreError("Stores with Java run in a process of their own")
    return PaquoStore(file, worker)


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


def open_with_paquo(uri: str) -> ProjectStore:
    """Open ``qupath+paquo:PATH`` by QuPath's own classes, in this process: a worker's.

    Raises
    ------
    RecordError
        If there is no project.
    StoreError
        If there is no usable QuPath.
    """
    from sar_qupath.paquo_backend.doorway import JavaProject
    from sar_qupath.paquo_backend.shelf import PaquoShelf

    file = path_of_uri(uri)
    java = JavaProject.open(file)
    return ProjectStore(PaquoShelf(file, java, force=uri.endswith(_FORCE)))
