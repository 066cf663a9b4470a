"""What the OMERO extra lacks: Ice comes before omero-py, and not every Ice will do."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import subprocess
import sys
from typing import NamedTuple

ICE = "3.6"
_GUIDE = "docs/install/omero.md"
_LOAD = "import Ice; print(Ice.stringVersion())"
_INSTALL = 'pip install "sar-align[omero]"'
_PATIENCE_S = 60


class Trouble(NamedTuple):
    """What is missing, and what to do about it."""

    found: str
    remedy: str


def omero_trouble() -> Trouble | None:
    """Return what keeps the OMERO connector from working, or None.

    Ice is loaded in a process of its own: it must not share one with a Java machine.
    """
    has_ice, has_omero = (importlib.util.find_spec(name) is not None for name in ("Ice", "omero"))
    if not has_ice and sys.version_info[:2] != (3, 11):
        return Trouble(
            f"not installed: zeroc-ice {ICE}; our recipe is for Python 3.11, this is "
            f"{platform.python_version()}",
            f"Python 3.11, or conda's Ice: {_GUIDE}",
        )
    if not has_ice:
        rest = "" if has_omero else " and omero-py"
        return Trouble(f"not installed: zeroc-ice {ICE}{rest}", f"first Ice, see {_GUIDE}")
    version, error = _loaded()
    if error:
        return Trouble(f"Ice does not load: {error}", f"libraries Ice needs: {_GUIDE}")
    if not version.startswith(f"{ICE}."):
        return Trouble(
            f"Ice {version} is installed, omero-py needs {ICE}", 'pip install "zeroc-ice<3.7"'
        )
    if not has_omero:
        return Trouble(f"not installed: omero-py (Ice {version} is)", _INSTALL)
    return None


def omero_versions() -> str:
    """Return what is installed, where nothing is missing."""
    return f"omero-py {importlib.metadata.version('omero-py')}, Ice {_loaded()[0]}"


def _loaded() -> tuple[str, str]:
    """Return Ice's version, or the last line of what it said instead of loading."""
    ended = subprocess.run(
        [sys.executable, "-c", _LOAD],
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    lines = ended.stderr.strip().splitlines() or ["it said nothing"]
    return ended.stdout.strip(), "" if ended.returncode == 0 else lines[-1]
