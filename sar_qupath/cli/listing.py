"""``sar-align qupath list``: what a project holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from sar_models.cli.console import print_json, stdout
from sar_models.cli.options import JsonOption
from sar_qupath.cli.shared import ProjectArgument

if TYPE_CHECKING:
    from sar_qupath.project import Entry
    from sar_qupath.store import ProjectStore


def list_project(project: ProjectArgument, json_: JsonOption = False) -> None:
    """List the images of a project: sizes, pixel sizes, objects, results; what cannot be used.

    Reads only; the images themselves are not opened. Exit code 0: listed; 2: no project.
    """
    from sar_qupath.opening import open_project

    store = open_project(str(project))
    document = store.document
    rows = [_row(store, entry) for entry in document.entries]
    if json_:
        told = {"project": str(document.path), "version": document.version, "entries": rows}
        print_json(told)
        return
    table = Table(box=None, title=f"{document.path} (QuPath {document.version})")
    for column in ("ID", "image", "pixels", "µm/px", "objects", "results from", "remarks"):
        table.add_column(column, overflow="fold")
    for row in rows:
        size, mpp = row["size"], row["mpp"]
        table.add_row(
            str(row["id"]),
            escape(row["slide"]),
            "?" if size is None else f"{size[0]} x {size[1]}",
            "?" if mpp is None else f"{mpp[0]:.4g}",
            "" if row["objects"] is None else str(row["objects"]),
            escape(", ".join(row["results"])),
            escape(row["remark"]),
        )
    stdout.print(table)


def _row(store: ProjectStore, entry: Entry) -> dict[str, Any]:
    chain = entry.chain
    size = None if chain is None else chain.known_size
    mpp = None if chain is None else chain.mpp or chain.leaf_mpp
    row: dict[str, Any] = {
        "id": entry.id,
        "slide": entry.slide,
        "name": entry.name,
        "size": None if size is None else [size.width, size.height],
        "mpp": None if mpp is None else [mpp.x, mpp.y],
        "kind": "refused" if chain is None else chain.kind,
        "uri": "" if chain is None else chain.leaf.uri,
        "metadata": dict(entry.metadata),
        "objects": None,
        "results": [],
        "remark": entry.refusal,
    }
    return row if chain is None else row | _known(store, entry)


def _known(store: ProjectStore, entry: Entry) -> dict[str, Any]:
    """Return what is known of an entry beyond the project file."""
    from sar_models.domain.errors import SarAlignError
    from sar_qupath.places import entry_key
    from sar_qupath.project import locate
    from sar_qupath.project.uris import omero_image

    shelf, chain = store.shelf, entry.chain
    remarks, objects, results = [], None, []
    if chain is not None:
        image = omero_image(chain.leaf.uri)
        if image is not None:
            remarks.append(f"image {image.image} on the OMERO server {image.host}")
        else:
            try:
                locate(chain.leaf.uri, shelf.project, store.document.uri)
            except SarAlignError as exc:
                remarks.append(str(exc))
        if chain.kind == "derived":
            remarks.append("turned, cut or mapped: coordinates are carried through")
    try:
        if shelf.places.exported(entry_key(entry.id)).is_file():
            objects = sum(1 for top in shelf.exported(entry).annotations for _ in top.walk())
        names = shelf.names()
        results = [names.get(k, k) for k, w in shelf.wanted(entry).items() if w.annotations]
    except SarAlignError as exc:
        remarks.append(str(exc))
    return {"objects": objects, "results": results, "remark": "; ".join(remarks)}
