"""A new project that shows a source slide lying on its target: no pixels are written."""

from __future__ import annotations

import json
import time
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np

from sar_models.domain.errors import ExportError
from sar_models.exports.accuracy import measure
from sar_models.exports.formats import FORMATS
from sar_models.exports.job import make_job
from sar_models.exports.linear import nearest_affine
from sar_models.exports.options import ExportOptions
from sar_models.stores.atomic import atomic_folder
from sar_qupath.entry_alignment import between_entries
from sar_qupath.project import locate
from sar_qupath.project.document import PROJECT_NAME
from sar_qupath.project.uris import omero_image

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.geometry import Mpp, Size
    from sar_models.domain.transforms import Affine
    from sar_models.exports.accuracy import Accuracy
    from sar_qupath.frames import EntryFrame
    from sar_qupath.project import Entry, ProjectDocument
    from sar_qupath.store import ProjectStore

_VERSION = "0.6.0"
"""Of the project format that is written; 0.5 to 0.7 open it."""
_MICROMETRE = "µm"


def write_aligned_project(
    store: ProjectStore, alignment: Alignment, source: Entry, target: Entry, folder: Path
) -> Accuracy:
    """Write a project with both entries and a third: the source as it lies on the target.

    QuPath computes the third while it is looked at. It can show an affine only; what that adds to
    the error is returned.

    Parameters
    ----------
    store : ProjectStore
        Where the entries are; it is not changed.
    alignment : Alignment
        Between the files.
    source, target : Entry
    folder : Path
        Must not exist.

    Raises
    ------
    NoTransformError
        If the alignment failed or is ambiguous.
    ExportError
        If it has several pieces, each with a map of its own.
    OutputExistsError
        If the folder exists.
    """
    frames = store.frame_of(source.slide), store.frame_of(target.slide)
    affine, accuracy = _affine(between_entries(alignment, *frames))
    document = store.document
    entries = [
        _entry(number, entry, _builder(document, entry))
        for number, entry in enumerate((source, target), start=1)
    ]
    mpp = None if target.chain is None else target.chain.mpp
    with store.open(target.slide) as slide:
        mpp = mpp or slide.info.mpp
    stated = _metadata(source, target, frames[1], mpp)
    shown = {
        "builderType": "cropped",
        "region": {"x": 0, "y": 0, **_extent(frames[1].size), "z": 0, "t": 0},
        "metadata": stated,
        "builder": {
            "builderType": "affine",
            "transform": _java_affine(affine),
            "builder": _builder(document, source),
        },
    }
    entries.append(
        {
            "serverBuilder": shown,
            "entryID": 3,
            "imageName": stated["name"],
            "metadata": {"sar_align.content": alignment.content_sha256},
            "tags": [],
        }
    )
    now = int(time.time() * 1000)
    record = {
        "version": _VERSION,
        "createTimestamp": now,
        "modifyTimestamp": now,
        "uri": (folder.resolve() / PROJECT_NAME).as_uri(),
        "lastID": len(entries),
        "images": entries,
    }
    with atomic_folder(folder) as partial:
        text = json.dumps(record, indent=2, ensure_ascii=False)
        (partial / PROJECT_NAME).write_text(text, encoding="utf-8")
    return accuracy


def _affine(alignment: Alignment) -> tuple[Affine, Accuracy]:
    form = FORMATS["warpy"]
    job = make_job(alignment, form, ExportOptions(frame="file"))
    if len(job.maps) > 1:
        raise ExportError(
            f"The alignment has {len(job.maps)} pieces with a map each, and QuPath can show one",
            remedy="Look at it in the report, or import the objects.",
        )
    affine = nearest_affine(job.maps[0])
    return affine, measure(job.maps[0], affine.map, "affine")


def _entry(number: int, entry: Entry, builder: dict[str, Any]) -> dict[str, Any]:
    return {
        "serverBuilder": builder,
        "entryID": number,
        "imageName": entry.name,
        "metadata": dict(entry.metadata),
        "tags": list(entry.tags),
    }


def _builder(document: ProjectDocument, entry: Entry) -> dict[str, Any]:
    """Return an entry's builder, its file where it is now: the new project lies elsewhere."""
    builder: dict[str, Any] = deepcopy(dict(entry.builder))
    leaf = builder
    while isinstance(leaf.get("builder"), dict):
        leaf = leaf["builder"]
    if omero_image(leaf["uri"]) is None:
        leaf["uri"] = locate(leaf["uri"], document.path, document.uri).resolve().as_uri()
    return builder


def _metadata(source: Entry, target: Entry, frame: EntryFrame, mpp: Mpp | None) -> dict[str, Any]:
    """Return the metadata of the source with the target's size, levels and pixel size.

    Without it QuPath knows no pixel size, and takes the size of the mapped image's bounding box.
    """
    stated = source.builder.get("metadata")
    leaf = source.builder
    while not isinstance(stated, dict) and isinstance(leaf.get("builder"), dict):
        leaf = leaf["builder"]
        stated = leaf.get("metadata")
    colours = {"channelType": "DEFAULT", "isRGB": True, "pixelType": "UINT8"}
    channels = [("Red", -65536), ("Green", -16711936), ("Blue", -16776961)]
    colours["channels"] = [{"name": name, "color": color} for name, color in channels]
    theirs = target.builder.get("metadata")
    levels = theirs.get("levels") if isinstance(theirs, dict) else None
    whole = {"downsample": 1.0, **_extent(frame.size)}
    extents = {"pixelWidth": None if mpp is None else mpp.x}
    extents["pixelHeight"] = None if mpp is None else mpp.y
    return {
        "sizeZ": 1,
        "sizeT": 1,
        "preferredTileWidth": 256,
        "preferredTileHeight": 256,
        **colours,
        **(stated if isinstance(stated, dict) else {}),
        "name": f"{source.name} on {target.name}",
        **_extent(frame.size),
        "levels": levels or [whole],
        "pixelCalibration": {
            **{
                name: {"value": 1.0, "unit": "px"}
                if value is None
                else {"value": value, "unit": _MICROMETRE}
                for name, value in extents.items()
            },
            "zSpacing": {"value": 1.0, "unit": "z-slice"},
            "timeUnit": "SECONDS",
            "timepoints": [],
        },
    }


def _extent(size: Size) -> dict[str, int]:
    return {"width": size.width, "height": size.height}


def _java_affine(affine: Affine) -> dict[str, float]:
    rows = np.asarray(affine.matrix)
    return {f"m{row}{column}": float(rows[row, column]) for column in range(3) for row in range(2)}
