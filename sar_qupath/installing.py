"""QuPath's scripts of SAR-Align: which there are, and where they go."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

from sar_models.domain.errors import InputError
from sar_models.stores.atomic import atomic_file
from sar_models.stores.journal_file import reported

SCRIPTS = {
    "SAR-Align - Align this pair": "align_this_pair",
    "SAR-Align - Import results": "import_results",
    "SAR-Align - Transfer selected objects": "transfer_selected_objects",
    "SAR-Align - Remove run": "remove_run",
    "SAR-Align - Export this image": "export_this_image",
}
"""Name in QuPath's menu, and the file that is shipped."""
CONFIG = "qupath.json"
_VERSION = re.compile(r"v(\d+)\.(\d+)")


@dataclass(frozen=True)
class Installed:
    """A file that is written, or is there already.

    Parameters
    ----------
    path : Path
    action : {"create", "update", "keep"}
    content : str
    """

    path: Path
    action: Literal["create", "update", "keep"]
    content: str


def script_text(name: str) -> str:
    """Return the whole text of a script: what all share, then its own; static, whatever the data.

    Parameters
    ----------
    name : str
        Of the shipped file, without its suffix.
    """
    folder = files("sar_qupath") / "scripts"
    texts = [(folder / f"{part}.groovy").read_text(encoding="utf-8") for part in ("common", name)]
    return "\n".join(texts)


def own_command() -> list[str]:
    """Return how this sar-align is started, by its absolute path."""
    name = "sar-align.exe" if os.name == "nt" else "sar-align"
    beside = Path(sys.executable).parent / name
    if beside.is_file():
        return [str(beside)]
    return [sys.executable, "-m", "sar_models.cli.main"]


def state_folder() -> Path:
    """Return the folder in which scripts find the command: by the rules of `sar-align serve`."""
    if os.name == "nt":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "sar-align"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "sar-align"
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "sar-align"


def user_folder() -> Path:
    """Return QuPath's user folder: that of the newest version.

    Raises
    ------
    InputError
        If QuPath has none in the usual place.
    """
    home = Path.home() / "QuPath"
    found = [(match, path) for path in home.glob("v*") if (match := _VERSION.match(path.name))]
    if not found:
        raise InputError(
            f"QuPath has no user folder in {str(home)!r}",
            remedy="Name it with --user-dir; QuPath shows it under Edit > Preferences.",
        )
    return max(found, key=lambda pair: (int(pair[0][1]), int(pair[0][2])))[1]


def plan_installation(scripts: Path) -> tuple[Installed, ...]:
    """Return what an installation into a folder of scripts will write, the command's path too."""
    wanted = {scripts / f"{title}.groovy": script_text(name) for title, name in SCRIPTS.items()}
    command = {"version": 1, "command": own_command()}
    wanted[state_folder() / CONFIG] = json.dumps(command, indent=1) + "\n"
    return tuple(_planned(path, content) for path, content in wanted.items())


def install(planned: tuple[Installed, ...]) -> None:
    """Write what a plan says, every file whole or not at all.

    Raises
    ------
    StoreError
        If a folder is not writable.
    """
    for file in planned:
        if file.action == "keep":
            continue
        with reported(file.path, "written"):
            file.path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_file(file.path) as partial:
                partial.write_text(file.content, encoding="utf-8", newline="\n")


def _planned(path: Path, content: str) -> Installed:
    if not path.is_file():
        return Installed(path, "create", content)
    same = path.read_bytes() == content.encode()
    return Installed(path, "keep" if same else "update", content)
