"""The review notebook runs from its first cell to the last."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "examples" / "review_folder.ipynb"


def test_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [str(ROOT), str(ROOT / "models"), str(ROOT / "widgets")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    sheet = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(sheet, timeout=300, kernel_name="python3").execute(cwd=str(tmp_path))
    outputs = {cell["id"]: cell.get("outputs", []) for cell in sheet.cells}
    assert "application/vnd.jupyter.widget-view+json" in outputs["queue"][0]["data"]
    assert "case-1 risk" in outputs["log"][0]["text"]
    assert outputs["verify"][0]["data"]["text/plain"] == "[]"


def test_it_is_kept_without_outputs() -> None:
    assert not [c for c in nbformat.read(NOTEBOOK, as_version=4).cells if c.get("outputs")]
