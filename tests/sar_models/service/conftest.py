"""A server for the tests of a module, and what lies below its root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import builders
import numpy as np
import pytest
import tifffile
from service_process import Server, running
from service_tasks import PICTURE, REPORT

from sar_models.stores.alignment_folder import write_alignment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx


@dataclass(frozen=True)
class Place:
    """Two slides and an alignment below a root, and a folder that is not."""

    root: Path
    outside: Path

    @property
    def he(self) -> str:
        return str(self.root / "he.tif")

    @property
    def ihc(self) -> str:
        return str(self.root / "ihc.tif")

    @property
    def aligned(self) -> Path:
        return self.root / "aligned"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    made = Place(tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("outside"))
    random = np.random.default_rng(0)
    for path in (made.root / "he.tif", made.root / "ihc.tif", made.outside / "secret.tif"):
        tifffile.imwrite(path, random.integers(0, 255, (64, 64, 3), np.uint8), photometric="rgb")
    files = {"report.html": REPORT, "preview/overlay.jpg": PICTURE}
    write_alignment(made.aligned, builders.make_alignment(), files)
    write_alignment(made.outside / "aligned", builders.make_alignment())
    return made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, place: Place) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server"), [place.root], workers=1) as started:
        yield started


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as made:
        yield made


@pytest.fixture(scope="module")
def alignment(client: httpx.Client, place: Place) -> str:
    """Id of the alignment below the root."""
    answer = client.post("/v1/alignments", json={"folder": str(place.aligned)})
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["id"]
    return found
