"""Prove the wheel: build it, install it where nothing else is, run `doctor` and `demo` from it.

``python ci/test_wheel.py [PIP OPTIONS FOR TORCH]``, for example ``--index-url URL``. Needs the
package ``build``; everything it makes is in a temporary folder.
"""

import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("sar_models", "sar_omero", "sar_qupath", "sar_widgets")
WEIGHTS = {f"sar_models/weights/{file}" for file in ("manifest.json", "scene.safetensors")}


def main(torch_options: list[str]) -> None:
    """Build, look inside, install, run."""
    with tempfile.TemporaryDirectory(prefix="sar-align-wheel-") as name:
        scratch = Path(name)
        run(sys.executable, "-m", "build", "--wheel", "--outdir", scratch, ROOT)
        (wheel,) = scratch.glob("sar_align-*.whl")
        check_contents(wheel)
        scripts = install(wheel, scratch / "env", torch_options)
        # From the scratch folder: the source tree must not be what gets imported.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        command = scripts / "sar-align"
        run(command, "--version", cwd=scratch, env=environment)
        run(command, "doctor", cwd=scratch, env=environment)
        run(command, "demo", "--out", scratch / "demo", cwd=scratch, env=environment)
        reports = list((scratch / "demo").rglob("report.html"))
        if not reports:
            sys.exit("The demo of the installed wheel wrote no report.html")
        print(f"{wheel.name}: installed alone, doctor and demo run from it")


def check_contents(wheel: Path) -> None:
    """Compare the wheel's files with what it has to hold and must not hold."""
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {f"{package}/{file}" for package in PACKAGES for file in ("__init__.py", "py.typed")}
    sources = {
        path.relative_to(root).as_posix()
        for root, package in source_packages()
        for path in (root / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    if missing := sorted((wanted | WEIGHTS | sources) - names):
        sys.exit(f"The wheel lacks {missing}")
    metadata = f"{wheel.name.removesuffix('-py3-none-any.whl')}.dist-info/"
    strangers = {n for n in names if not n.startswith((*(f"{p}/" for p in PACKAGES), metadata))}
    if strangers:
        sys.exit(f"The wheel holds what no package of ours is: {sorted(strangers)}")
    if f"{metadata}licenses/LICENSE" not in names:
        sys.exit("The wheel lacks the licence")


def source_packages() -> list[tuple[Path, str]]:
    """Pair every package with the folder that holds it."""
    folders = (ROOT / "models", ROOT, ROOT, ROOT / "widgets")
    return list(zip(folders, PACKAGES, strict=True))


def install(wheel: Path, environment: Path, torch_options: list[str]) -> Path:
    """Make an environment with the wheel and its core dependencies; return its script folder."""
    venv.create(environment, with_pip=True)
    scripts = environment / ("Scripts" if sys.platform == "win32" else "bin")
    pip = (scripts / "python", "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt")
    run(*pip, *torch_options, "torch")
    run(*pip, wheel)
    return scripts


def run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a command and stop with its exit code if it fails."""
    print("+", *command, flush=True)
    result = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, check=False)
    if result.returncode != 0:
        sys.exit(f"{command[0]} ended with {result.returncode}")


if __name__ == "__main__":
    main(sys.argv[1:])
