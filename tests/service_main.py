"""A server in a process of its own, for tests: options as JSON in, the port as JSON out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def main(asked: Mapping[str, Any]) -> None:
    from sar_models.service import ServiceOptions, serve
    from sar_models.service.limits import Limits

    folder = Path(asked["folder"])
    options = ServiceOptions(
        state=folder / "state",
        servers=folder / "servers",
        roots=tuple(map(Path, asked["roots"])),
        workers=asked["workers"],
        tasks=asked["tasks"],
        limits=Limits(**asked["limits"]),
    )

    def started(port: int, file: Path) -> None:
        sys.stdout.write(json.dumps({"port": port, "file": str(file)}) + "\n")
        sys.stdout.flush()

    serve(options, started)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
