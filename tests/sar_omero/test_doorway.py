"""One file imports omero-py, and no command does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "sar_omero"
FOREIGN = re.compile(r"^\s*(?:import|from) (?:omero|Ice|Glacier2)\b", re.MULTILINE)


def test_one_file_imports_omero() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if FOREIGN.search(path.read_text(encoding="utf-8"))
    }
    assert {name for name in found if not name.startswith("native/")} == {"_omero.py"}


def test_the_commands_bring_neither_ice_nor_torch() -> None:
    names = [path.stem for path in (PACKAGE / "cli").glob("*.py") if path.stem != "__init__"]
    code = "import sys\n" + "\n".join(f"import sar_omero.cli.{name}" for name in sorted(names))
    code += "\nprint(sorted({'omero', 'Ice', 'torch'} & set(sys.modules)))"
    code = f"import sys; sys.path[:0] = {[str(ROOT), str(ROOT / 'models')]!r}\n{code}"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert ended.stdout.strip() == "[]"
