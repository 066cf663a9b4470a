"""Run the command line in this process, as ``main`` runs it for a shell."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from command_line import Ended, Features, Run

from sar_models.cli import console
from sar_models.cli.main import main
from sar_models.stores.alignment_folder import write_alignment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sar_models.domain.alignment import Alignment


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs ``sar-align`` with the given arguments."""

    def run_command(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["sar-align", *map(str, arguments)])
        # The consoles hold the streams of the moment at which they were made.
        monkeypatch.setattr(console.stderr, "_file", sys.stderr)
        monkeypatch.setattr(console.stdout, "_file", sys.stdout)
        monkeypatch.setattr(console.stdout, "width", 200)
        monkeypatch.setattr(console.stderr, "width", 200)
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main()
        captured = capsys.readouterr()
        return Ended(int(exit_.value.code or 0), captured.out, captured.err)

    return run_command


@pytest.fixture
def aligned(tmp_path: Path, make_alignment: Callable[..., Alignment]) -> Path:
    """An alignment folder: tissue from (300, 300) to (1700, 1300) of a slide of 2000 x 1500."""
    write_alignment(tmp_path / "aligned", make_alignment())
    return tmp_path / "aligned"


@pytest.fixture
def square() -> Features:
    """Return a builder of square GeoJSON features."""

    def build(x: float, y: float, side: float = 100.0, **properties: Any) -> dict[str, Any]:
        corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]) * side + [x, y]
        return {
            "type": "Feature",
            "id": f"00000000-0000-4000-8000-{int(x):06d}{int(y):06d}",
            "geometry": {"type": "Polygon", "coordinates": [corners.tolist()]},
            "properties": {"objectType": "annotation"} | properties,
        }

    return build
