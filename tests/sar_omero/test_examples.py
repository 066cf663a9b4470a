"""The example and the notebook, run on the test server with a stand-in for the engine."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import builders
import pytest
from omero_fixtures import address, picture
from omero_scenes import alignment_of

from sar_models.stores.alignment_folder import write_alignment

if TYPE_CHECKING:
    from omero_server import Server

EXAMPLES = Path(__file__).parents[2] / "examples"
PATTERN = r"(?P<case>[^_]+)_(?P<stain>[^_.]+)"


@pytest.fixture
def dataset(omero: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    found = omero.add_dataset("example")
    for stain in ("HE", "CD3"):
        omero.add_image(f"b1_{stain}", picture(), dataset=found)
    for name, value in {
        "OMERO_SESSIONDIR": str(tmp_path / "sessions"),
        "OMERO_USER": "ann",
        "OMERO_PASSWORD": omero.users["ann"],
        "SAR_ALIGN_OMERO_CA": str(omero.certificate),
        "SAR_ALIGN_DATASET": address(omero, f"/dataset/{found}"),
        "SAR_ALIGN_OUT": str(tmp_path / "notebook"),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(EXAMPLES))

    def run_open_pair(source: Any, target: Any, folder: Path, *rest: object) -> None:
        made = alignment_of(builders.make_alignment(), source.info.uri, target.info.uri)
        write_alignment(folder, made, {"report.html": b"<title>report</title>"})

    monkeypatch.setattr("sar_models.jobs.pair.run_open_pair", run_open_pair)
    monkeypatch.delitem(sys.modules, "omero_sync", raising=False)
    return address(omero, f"/dataset/{found}")


def test_the_example_and_the_notebook_do_what_they_say(dataset: str, tmp_path: Path) -> None:
    from omero_sync import sync  # type: ignore[import-not-found]

    (first,) = sync(dataset, tmp_path / "out", PATTERN, "HE")
    assert (first["create"], first["update"]) == (1, 0)
    (again,) = sync(dataset, tmp_path / "out", PATTERN, "HE")
    assert (again["create"], again["update"], again["keep"]) == (0, 0, 1)
    notebook = json.loads((EXAMPLES / "omero_sync.ipynb").read_text())
    names: dict[str, Any] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert not cell["outputs"]
            exec("".join(cell["source"]), names)
    assert [line["keep"] for line in names["done"]] == [1]
