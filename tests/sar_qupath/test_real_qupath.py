"""What only a real QuPath can show; its core is enough: `PAQUO_QUPATH_DIR=... pytest -m qupath`."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import builders
import pytest
import qupath_projects
from qupath_scenes import HE, IHC, alignment_of, drawn

from sar_models.stores import PushPolicy
from sar_models.stores.geojson import parse_geojson
from sar_qupath.opening import open_for_writing
from sar_qupath.pushing import apply_pair, plan_pair, plan_withdrawal

if TYPE_CHECKING:
    from pathlib import Path

ALL = PushPolicy(publish="all")
pytestmark = [
    pytest.mark.qupath,
    pytest.mark.skipif(
        "PAQUO_QUPATH_DIR" not in os.environ, reason="PAQUO_QUPATH_DIR names no QuPath"
    ),
]


def project_of_pngs(folder: Path) -> Path:
    entries = []
    for number, (name, size) in enumerate(
        (("he", builders.SOURCE_SIZE), ("ihc", builders.TARGET_SIZE)), start=1
    ):
        pixels = qupath_projects.plain_image(size.width, size.height)
        file = qupath_projects.write_image(folder / "slides" / f"{name}.png", pixels)
        entries.append(
            qupath_projects.entry(number, f"{name}.tif", qupath_projects.uri_builder(file.as_uri()))
        )
    project = qupath_projects.write_project(folder, entries)
    for number in (HE, IHC):
        (folder / "data" / str(number) / "data.qpdata").unlink()
    return project


def test_objects_go_in_come_back_and_go_again(tmp_path: Path) -> None:
    project = project_of_pngs(tmp_path)
    given = parse_geojson(json.dumps({"type": "FeatureCollection", "features": drawn()}).encode())
    with open_for_writing(project, "paquo", force=True) as store:
        alignment = alignment_of(store)
        pair = plan_pair(store, alignment, ALL, annotations=given.annotations)
        apply_pair(store, pair)
        there = {a.name: a for a in store.annotations("ihc.tif")}
        assert set(there) == {'hole µ "x"', "parts", "points", "line", "core", "outer"}
        assert there['hole µ "x"'].classification == ("Tumor", "Positive")
        assert there['hole µ "x"'].locked
        assert [child.name for child in there["outer"].children] == ["inner"]
        again = plan_pair(store, alignment, ALL, annotations=given.annotations)
        assert {item.action for item in again.items} == {"keep"}
        apply_pair(store, plan_withdrawal(store, "#1", "#2", ALL))
        assert list(store.annotations("ihc.tif")) == []
