"""A project of two images with a known alignment, and everything that people draw."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import builders
import qupath_projects

from sar_models.domain.slides import SlidePair
from sar_qupath.exchange import MEMBER
from sar_qupath.opening import open_project

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.domain.alignment import Alignment
    from sar_qupath.store import ProjectStore

HE, IHC = 1, 2


def write_scene(folder: Path) -> Path:
    """Write a project of an image of 2000 x 1500 and one of 2200 x 1800 pixels."""
    he, ihc = (qupath_projects.plain_image(s.width, s.height) for s in
               (builders.SOURCE_SIZE, builders.TARGET_SIZE))  # fmt: skip
    return qupath_projects.project_of_files(folder, he=he, ihc=ihc)


def alignment_of(store: ProjectStore, **changes: Any) -> Alignment:
    """Return an alignment of the two images, turned, shifted and bent."""
    infos = {info.name: info for info in store.slides()}
    pair = SlidePair(infos["he.tif"], infos["ihc.tif"])
    return replace(builders.make_alignment(**changes), pair=pair)


def scene(folder: Path) -> tuple[ProjectStore, Alignment]:
    store = open_project(f"qupath:{write_scene(folder)}")
    return store, alignment_of(store)


def square(x: float, y: float, width: float) -> list[list[float]]:
    return [[x, y], [x + width, y], [x + width, y + width], [x, y + width], [x, y]]


def identity(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def feature(name: str, kind: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": identity(name),
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": {"objectType": "annotation", "name": name} | properties,
    }


def drawn() -> list[dict[str, Any]]:
    """Return one object of every kind."""
    inner = feature("inner", "Polygon", [square(720, 720, 30)])
    return [
        feature('hole µ "x"', "Polygon", [square(500, 500, 200), square(550, 550, 30)],
                classification={"name": "Tumor: Positive", "color": [200, 0, 0]}, isLocked=True,
                measurements={"Dice": 0.5}, metadata={"stage": "pT1"}),
        feature("parts", "MultiPolygon", [[square(400, 800, 50)], [square(500, 800, 60)]]),
        feature("points", "MultiPoint", [[600, 600], [700, 800]]),
        feature("line", "LineString", [[600, 600], [900, 800]]),
        feature("core", "Polygon", [square(900, 600, 100)], objectType="tmaCore", isMissing=False),
        feature("outer", "Polygon", [square(700, 700, 300)], childObjects=[inner]),
        feature("cell", "Polygon", [square(1000, 900, 20)], objectType="cell")
        | {"nucleusGeometry": {"type": "Polygon", "coordinates": [square(1005, 905, 8)]}},
        feature("elsewhere", "Polygon", [square(1860, 60, 60)]),
    ]  # fmt: skip


def export(project: Path, entry: int, features: list[dict[str, Any]], **member: Any) -> Path:
    """Write what QuPath exported of an entry."""
    file = project.parent / "sar_align" / "exported" / f"{entry}.geojson"
    file.parent.mkdir(parents=True, exist_ok=True)
    record = {"type": "FeatureCollection", MEMBER: member, "features": features}
    file.write_text(json.dumps(record), encoding="utf-8")
    return file
