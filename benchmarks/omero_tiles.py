"""Measure tile reading from the test server: our reader against the gateway's `getTiles`.

Usage: python benchmarks/omero_tiles.py [SIDE_PX] [TILE_PX]; the same tiles of the same image, in
one run, over SSL on loopback. It also counts services that are left open after a thousand reads.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from omero_fixtures import open_as
from omero_server import omero_server

from sar_models.domain.geometry import Region

_READS = 1000


def main() -> None:
    """Print one JSON object."""
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 4096
    tile = int(sys.argv[2]) if len(sys.argv) > 2 else 1024
    pixels = np.random.default_rng(0).integers(0, 255, (side, side, 3), dtype=np.uint8)
    boxes = [(x, y) for y in range(0, side, tile) for x in range(0, side, tile)]
    with tempfile.TemporaryDirectory() as folder, omero_server(Path(folder) / "server") as server:
        image = server.add_image("slide", pixels)
        store = open_as(server, "ann", Path(folder) / "sessions")
        with store.open(f"Image:{image.id}") as slide:
            slide.read(0, Region(0, 0, 64, 64))
            began, cpu = time.perf_counter(), time.process_time()
            for x, y in boxes:
                slide.read(0, Region(x, y, tile, tile))
            ours, our_cpu = time.perf_counter() - began, time.process_time() - cpu
            for number in range(_READS):
                slide.read(0, Region(number % 64, 0, 16, 16))
        left = len(server.open_services())
        theirs, their_cpu = _gateway(server, image.id, boxes, tile)
        store.close()
    megapixels = side * side / 1e6
    print(
        json.dumps(
            {
                "megapixels": round(megapixels, 1),
                "tile_px": tile,
                "ours_s": round(ours, 3),
                "gateway_s": round(theirs, 3),
                "ours_mpx_per_s": round(megapixels / ours, 1),
                "gateway_mpx_per_s": round(megapixels / theirs, 1),
                "times_faster": round(theirs / ours, 1),
                "client_cpu_s": [round(our_cpu, 3), round(their_cpu, 3)],
                "times_less_client_cpu": round(their_cpu / our_cpu, 1),
                "services_left_after_1000_reads": left,
            }
        )
    )


def _gateway(
    server: Any, image: int, boxes: list[tuple[int, int]], tile: int
) -> tuple[float, float]:
    """Return the seconds, and those of this process's CPU, that the gateway takes to the same."""
    from omero.gateway import BlitzGateway

    gateway = BlitzGateway(
        "ann", server.users["ann"], host=server.host, port=server.port, secure=True
    )
    assert gateway.connect()
    try:
        primary = gateway.getObject("Image", image).getPrimaryPixels()
        began, cpu = time.perf_counter(), time.process_time()
        wanted = [(0, c, 0, (x, y, tile, tile)) for x, y in boxes for c in range(3)]
        planes = list(primary.getTiles(wanted))
        for start in range(0, len(planes), 3):
            np.stack(planes[start : start + 3], axis=-1)
        return time.perf_counter() - began, time.process_time() - cpu
    finally:
        gateway.close(hard=False)


if __name__ == "__main__":
    main()
