"""The QuPath walk-throughs run as they stand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def run(*command: str, cwd: Path) -> str:
    paths = [str(p) for p in (EXAMPLES, ROOT, ROOT / "models", ROOT / "widgets")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        [sys.executable, *command], cwd=cwd, env=environment, capture_output=True, text=True,
        timeout=1200, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_script(tmp_path: Path) -> None:
    told = run(str(EXAMPLES / "qupath_walkthrough.py"), str(tmp_path / "out"), cwd=tmp_path)
    assert "1 he.tif 32 objects" in told
    assert "offered" in told
    assert "published {'create': 32, 'update': 0, 'keep': 1, 'delete': 0}" in told
    assert "{'create': 0, 'update': 0, 'keep': 33, 'delete': 0}" in told
    assert float(told.split("overlap with the truth: ")[1].split()[0]) > 0.8
    view = json.loads((tmp_path / "out/aligned-view/project.qpproj").read_text(encoding="utf-8"))
    shown = view["images"][2]["serverBuilder"]
    assert (shown["builderType"], shown["builder"]["builderType"]) == ("cropped", "affine")


@pytest.mark.slow
def test_the_notebook(tmp_path: Path) -> None:
    """Its cells one after the other, as a kernel runs them; pictures go nowhere."""
    notebook = json.loads((EXAMPLES / "qupath_walkthrough.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    assert all(not c.get("outputs") for c in notebook["cells"])
    stand_in = "import sys, types\nmodule = types.ModuleType('IPython.display')\n"
    stand_in += "module.Image = bytes\nmodule.display = lambda image: print(len(image), 'bytes')\n"
    stand_in += "sys.modules['IPython'] = types.ModuleType('IPython')\n"
    stand_in += "sys.modules['IPython.display'] = module\n"
    text = stand_in + "\n".join(cells) + "\nprint(alignment.outcome.value, len(arrived), again)\n"
    script = tmp_path / "notebook.py"
    script.write_text(text, encoding="utf-8")
    told = run(str(script), cwd=tmp_path)
    assert "aligned 32" in told
    assert "32 mapped" in told
