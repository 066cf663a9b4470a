"""Build the zeroc-ice 3.6 wheel that omero-py needs, once, and keep it in the user's cache.

PyPI has zeroc-ice 3.6.5 for Linux as source only, and that source does not compile on Python 3.11
without the two headers in ``ice311/``. Run with the Python that is to use the wheel::

    python ci/build_ice.py              # prints the folder with the wheel; progress goes to stderr
    python ci/build_ice.py --missing    # prints the Debian packages that the build lacks

The folder is ``~/.cache/sar-align/wheels/<python and platform>``, or below ``SAR_ALIGN_WHEELS``.
A wheel from elsewhere that is put there is taken as it is. Only the standard library is used, so
that it runs before anything is installed.
"""

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
import venv
from pathlib import Path

ICE = "3.6.5"
SETUPTOOLS = "setuptools==84.2.1"  # what the build was tested with
HEADERS = Path(__file__).parent / "ice311"
# Half the compile time of -O3 -g; Ice only carries messages, nothing of ours waits for its code.
FLAGS = "-O1 -g0"


def main() -> int:
    """Print the folder that holds the wheel, building it first where it is missing."""
    folder = wheel_folder()
    built = any(folder.glob(f"zeroc_ice-{ICE}-*.whl"))
    if "--missing" in sys.argv[1:]:
        print(*([] if built else sorted(missing_packages().values())))
        return 0
    if not built:
        try:
            build(folder)
        except BuildError as error:
            print(f"zeroc-ice {ICE} cannot be built here. {error}", file=sys.stderr)
            return 1
    print(folder)
    return 0


class BuildError(Exception):
    """The wheel cannot be built; the message says what to do."""


def wheel_folder() -> Path:
    """Name the cache folder for this Python, machine and C library."""
    root = os.environ.get("SAR_ALIGN_WHEELS")
    if root is None:
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        root = str(Path(cache) / "sar-align" / "wheels")
    libc = "".join(platform.libc_ver()) or "libc"
    tag = sysconfig.get_platform().replace(".", "_")
    return Path(root) / f"py{sys.version_info.major}.{sys.version_info.minor}-{tag}-{libc}"


def build(folder: Path) -> None:
    """Fetch the source, compile it and move the wheel into ``folder``.

    Raises
    ------
    BuildError
        If this is not Python 3.11 on Linux, a compiler or header is missing, or the build fails.
    """
    check_platform(folder)
    if missing := missing_packages():
        raise BuildError(
            f"Missing: {', '.join(missing)}. On Debian and Ubuntu: "
            f"apt-get install {' '.join(sorted(missing.values()))}"
        )
    started = time.monotonic()
    print(f"Building zeroc-ice {ICE}: a few minutes, once.", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="sar-align-ice-") as name:
        scratch = Path(name)
        venv.create(scratch / "env", with_pip=True)
        python = scratch / "env" / "bin" / "python"
        run([python, "-m", "pip", "install", "-qq", SETUPTOOLS], scratch)
        source = fetch_source(python, scratch)
        environment = os.environ | {"CXXFLAGS": f"-I{HEADERS.resolve()} {FLAGS}", "CFLAGS": FLAGS}
        run(
            [python, "-W", "ignore", HEADERS.resolve() / "compile_wheel.py", scratch],
            source,
            environment,
        )
        (wheel,) = scratch.glob("zeroc_ice-*.whl")
        folder.mkdir(parents=True, exist_ok=True)
        # Copied under a name of its own first: a build that dies leaves no half wheel behind, and
        # two at once do not write into each other.
        partial = folder / f"partial-{os.getpid()}"
        shutil.copy(wheel, partial)
        partial.replace(folder / wheel.name)
    print(f"Built {wheel.name} in {time.monotonic() - started:.0f} s.", file=sys.stderr)


def check_platform(folder: Path) -> None:
    """Refuse what the recipe was not made for."""
    if sys.platform != "linux":
        raise BuildError(
            f"The recipe is for Linux; this is {sys.platform!r}. Put a wheel from elsewhere into "
            f"{folder}, see docs/install/omero.md."
        )
    if sys.version_info[:2] != (3, 11):
        raise BuildError(
            f"This is Python {platform.python_version()}, expected 3.11: Ice {ICE} imports a "
            "module that Python 3.12 dropped. Make the environment with python3.11."
        )


def missing_packages() -> dict[str, str]:
    """Find which tools and headers the build lacks, each with its Debian package."""
    compiler = shutil.which(os.environ.get("CXX", "c++"))
    headers = {
        f"{sysconfig.get_path('include')}/Python.h": "python3-dev",
        "openssl/ssl.h": "libssl-dev",
        "bzlib.h": "libbz2-dev",
    }
    if compiler is None:
        return {"a C++ compiler": "build-essential", **headers}
    return {what: package for what, package in headers.items() if not has_header(compiler, what)}


def has_header(compiler: str, header: str) -> bool:
    """Ask the preprocessor whether it finds a header."""
    probe = subprocess.run(
        [compiler, "-E", "-x", "c++", "-"],
        input=f'#if !__has_include("{header}")\n#error missing\n#endif\n',
        text=True,
        capture_output=True,
        check=False,
    )
    return probe.returncode == 0


def fetch_source(python: Path, scratch: Path) -> Path:
    """Download and unpack the sdist; return its folder."""
    requirement = f"zeroc-ice=={ICE}"
    options = ["-qq", "--no-deps", "--no-binary", ":all:", "--dest", str(scratch)]
    run([python, "-m", "pip", "download", *options, requirement], scratch)
    (archive,) = scratch.glob("zeroc*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(scratch, filter="data")
    return scratch / archive.name.removesuffix(".tar.gz")


def run(command: list[str | Path], cwd: Path, environment: dict[str, str] | None = None) -> None:
    """Run a command, its chatter into a log; show the log's end if it fails."""
    log = cwd / "build.log"
    with log.open("w") as out:
        result = subprocess.run(command, cwd=cwd, env=environment, stdout=out, check=False)
    if result.returncode != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
        raise BuildError(f"This failed: {' '.join(map(str, command))}\n{tail}")


if __name__ == "__main__":
    sys.exit(main())
