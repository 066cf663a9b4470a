"""The examples of the page run as they stand, one after the other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import export_scenes as scenes
import numpy as np
import SimpleITK as sitk

from sar_models.stores.alignment_folder import write_alignment

if TYPE_CHECKING:
    import pytest

PAGE = Path(__file__).parents[3] / "docs" / "exports.md"
_BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


def test_the_examples_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_alignment(tmp_path / "aligned", scenes.bent_alignment())
    moving = np.zeros((300, 400), dtype=np.uint8)
    moving[100:140, 180:220] = 200
    for name, pixels in (("he.png", moving), ("ihc.png", np.zeros((360, 440), dtype=np.uint8))):
        sitk.WriteImage(sitk.GetImageFromArray(pixels), name)
    names: dict[str, Any] = {}
    blocks = _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) == 4
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), names)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "source_from_target"
    assert "DisplacementField" in lines[2]
    mapped = np.array(re.findall(r"[-+.0-9e]+", lines[3]), dtype=np.float64)
    assert scenes.worst(mapped[None], scenes.bent().map(names["points"])) < 1.0
    # The square of the source lies where the alignment puts its middle.
    rows, columns = np.nonzero(sitk.GetArrayFromImage(sitk.ReadImage("he-on-ihc.png")))
    middle = np.array([[columns.mean() + 0.5, rows.mean() + 0.5]]) * 100
    assert scenes.worst(middle, scenes.bent().map(np.array([[20_000.0, 12_000.0]]))) < 100
