"""QuPath's scripts, run without QuPath: stand-ins for the classes that they call."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sar_qupath.installing import script_text

if TYPE_CHECKING:
    from collections.abc import Sequence

STAND_INS = Path(__file__).parent / "qupath_stand_ins"
GROOVY = Path("/usr/share/groovy/lib")
# Groovy 2.4 is older than the rules on who may look into Java's own classes.
_OPENED = [f"--add-opens=java.base/{p}=ALL-UNNAMED" for p in ("java.lang", "java.util", "java.io")]


@dataclass(frozen=True)
class Ran:
    """How a script ended."""

    code: int
    out: str


def compiled(folder: Path) -> Path:
    """Compile the stand-ins, once for all runs."""
    sources = [str(path) for path in sorted(STAND_INS.rglob("*.groovy"))]
    command = [*_java(), "org.codehaus.groovy.tools.FileSystemCompiler", "-d", str(folder)]
    subprocess.run([*command, *sources], check=True, timeout=300, stdin=subprocess.DEVNULL)
    return folder


def compile_script(name: str, classes: Path, out: Path) -> None:
    """Compile a shipped script into a folder."""
    file = out / f"{name}.groovy"
    file.write_text(script_text(name), encoding="utf-8")
    compiler = "org.codehaus.groovy.tools.FileSystemCompiler"
    command = [*_java(str(classes)), compiler, "-d", str(out), "--classpath", str(classes)]
    subprocess.run([*command, str(file)], check=True, timeout=300, stdin=subprocess.DEVNULL)


def _java(*more: str) -> list[str]:
    jars = sorted(str(path) for path in GROOVY.glob("*.jar"))
    flags = ["-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8"]
    return ["java", *_OPENED, *flags, "-cp", os.pathsep.join([*more, *jars])]


class QuPath:
    """One project in a QuPath that has no window.

    Parameters
    ----------
    project : Path
        The project file.
    state : Path
        The user's state folder.
    scratch : Path
    classes : Path
        The compiled stand-ins.
    """

    def __init__(self, project: Path, state: Path, scratch: Path, classes: Path) -> None:
        self.project, self.state, self.scratch = project, state, scratch
        self.classes = classes

    def run(self, script: str, entry: int, *arguments: str, selected: Sequence[str] = ()) -> Ran:
        """Run a shipped script with an image open."""
        file = self.scratch / f"{script}.groovy"
        file.write_text(script_text(script), encoding="utf-8")
        told = {"project": self.project, "entry": entry, "selected": "|".join(selected)}
        command = [
            *_java(str(self.classes)),
            *(f"-Dstand.{name}={value}" for name, value in told.items()),
            "groovy.ui.GroovyMain",
            str(file),
            *arguments,
        ]
        environment = {**os.environ, "XDG_STATE_HOME": str(self.state)}
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=300, check=False, env=environment,
            stdin=subprocess.DEVNULL, encoding="utf-8",
        )  # fmt: skip
        return Ran(done.returncode, done.stdout + done.stderr)

    def data(self, entry: int) -> Path:
        return self.project.parent / "data" / str(entry) / "data.qpdata"

    def objects(self, entry: int) -> list[dict[str, Any]]:
        """Return the objects of an entry, as features with their children inside."""
        objects: list[dict[str, Any]] = json.loads(self.data(entry).read_text("utf-8"))["objects"]
        return objects

    def draw(self, entry: int, features: list[dict[str, Any]]) -> None:
        """Let a person leave exactly these objects; what was imported before is remembered."""
        file = self.data(entry)
        text = file.read_text("utf-8", "replace") if file.is_file() else ""
        properties = json.loads(text)["properties"] if text.startswith("{") else {}
        file.write_text(json.dumps({"objects": features, "properties": properties}), "utf-8")
