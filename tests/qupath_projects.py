"""QuPath projects as QuPath writes them, made of small images."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def write_image(path: Path, pixels: NDArray[np.uint8]) -> Path:
    """Write a PNG; readers go by content, so its name may end in .tif."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(imagecodecs.png_encode(pixels))
    return path


def plain_image(width: int = 80, height: int = 60) -> NDArray[np.uint8]:
    """Return an image of which every pixel differs from its neighbours."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 2 % 256, y * 3 % 256, (x + y) % 256], axis=-1).astype(np.uint8)


def metadata(width: int, height: int, mpp: float | None = None, **more: Any) -> dict[str, Any]:
    """Return a server's metadata, as QuPath states it."""
    extent = {"value": 1.0, "unit": "px"} if mpp is None else {"value": mpp, "unit": "µm"}
    return {
        "name": "image",
        "width": width,
        "height": height,
        "levels": [{"downsample": 1.0, "width": width, "height": height}],
        "pixelCalibration": {"pixelWidth": extent, "pixelHeight": extent},
    } | more


def uri_builder(uri: str, stated: dict[str, Any] | None = None, *args: str) -> dict[str, Any]:
    """Return the builder of an image that is a file, or on a server."""
    builder: dict[str, Any] = {"builderType": "uri", "uri": uri, "args": list(args)}
    return builder if stated is None else builder | {"metadata": stated}


def entry(number: int, name: str, builder: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an entry as it stands in ``images``."""
    return {
        "serverBuilder": builder,
        "entryID": number,
        "randomizedName": "85720fb3-ecea-4a47-96e1-faec78d30ed5",
        "imageName": name,
        "metadata": {},
        "tags": [],
    } | more


def write_project(folder: Path, entries: list[dict[str, Any]], **more: Any) -> Path:
    """Write ``project.qpproj`` with a data folder for each entry; return it."""
    file = folder / "project.qpproj"
    for image in entries:
        data = folder / "data" / str(image["entryID"])
        data.mkdir(parents=True, exist_ok=True)
        (data / "data.qpdata").write_bytes(b"\xac\xed\0\5 Java's own")
    record = {
        "version": "0.6.0",
        "createTimestamp": 1,
        "modifyTimestamp": 2,
        "uri": file.resolve().as_uri(),
        "lastID": max((image["entryID"] for image in entries), default=0),
        "images": entries,
    }
    file.write_text(json.dumps(record | more, indent=2), encoding="utf-8")
    return file


def project_of_files(folder: Path, **files: NDArray[np.uint8]) -> Path:
    """Write images beside each other and a project of them; names get ``.tif``."""
    entries = []
    for number, (name, pixels) in enumerate(files.items(), start=1):
        file = write_image(folder / "slides" / f"{name}.tif", pixels)
        height, width = pixels.shape[:2]
        stated = metadata(width, height)
        entries.append(entry(number, file.name, uri_builder(file.resolve().as_uri(), stated)))
    return write_project(folder, entries)
