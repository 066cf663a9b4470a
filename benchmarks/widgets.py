"""Measure the notebook widgets without a browser.

Usage: python benchmarks/widgets.py [PAIRS]; works in a temporary folder.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from reviews import make_alignments
from shapely.geometry import box

from sar_models.domain.alignment import Alignment, Outcome, Risk
from sar_models.domain.geometry import Mpp, Size
from sar_models.domain.review import Decision
from sar_models.domain.slides import SlidePair
from sar_models.domain.transforms import Affine, Displacement, Fragment, Piecewise, Sequence
from sar_models.stores.reviews import Identity, ReviewLog
from sar_models.synthesis.procedural import ProceduralSlide, pattern
from sar_widgets import AlignmentViewer
from sar_widgets.desk import ReviewDesk
from sar_widgets.grid import TileKey
from sar_widgets.items import Item
from sar_widgets.options import ViewerOptions
from sar_widgets.session import TileSession
from sar_widgets.tiles import TileRenderer

if TYPE_CHECKING:
    from collections.abc import Sequence as Buffers

SIDE = 100_000
STORE_LATENCY_S = 0.02


def huge_pair() -> tuple[Alignment, ProceduralSlide, ProceduralSlide]:
    """Return a pair of 100 000 x 100 000 pixels under a turn and a smooth field."""
    size = Size(SIDE, SIDE)
    y, x = np.mgrid[0:65, 0:65] / 64.0
    bend = 400.0 * np.stack([np.sin(9 * y + x), np.cos(8 * x - y)], axis=-1)
    field = Displacement(np.full(2, -0.5 * SIDE), np.full(2, 2.0 * SIDE / 64), bend)
    centre = np.full(2, SIDE / 2)
    turn = Affine.from_similarity(np.deg2rad(7), 1.01)
    about = Affine.translation(centre) @ turn @ Affine.translation(-centre)
    transform = Sequence((field, about))
    tissue = box(0.05 * SIDE, 0.05 * SIDE, 0.95 * SIDE, 0.95 * SIDE)
    source = ProceduralSlide("source", size, Mpp(0.25, 0.25), place=transform.map)
    target = ProceduralSlide("target", size, Mpp(0.25, 0.25))
    fragment = Fragment("tissue", tissue, box(0, 0, SIDE, SIDE), transform, 0.9)
    alignment = Alignment(
        SlidePair(source.info, target.info),
        Outcome.ALIGNED,
        Piecewise((fragment,), (), (), 1000.0, 1000.0),
        Risk(0.1),
    )
    return alignment, source, target


def first_tile_s(parts: tuple[Alignment, ProceduralSlide, ProceduralSlide]) -> float:
    """Return the time from a page's first request to the first message with a tile."""
    came = threading.Event()

    def send(message: dict[str, Any], _: Buffers[bytes]) -> None:
        if message["type"] == "tiles":
            came.set()

    session = TileSession(send, ViewerOptions())
    started = time.perf_counter()
    session.add(Item(*parts, ViewerOptions(), owned=False))
    session.handle(
        {
            "type": "tiles",
            "item": parts[0].content_sha256,
            "generation": 1,
            "keys": ["source/0/0/0", "target/0/0/0"],
        }
    )
    came.wait(60)
    took = time.perf_counter() - started
    session.close()
    return took


def tiles_per_second(renderer: TileRenderer, level: int, count: int = 24) -> tuple[float, float]:
    """Return warped tiles per second at a level, and those without what the slide itself costs."""
    columns, rows = renderer.grid.shape(level)
    keys = [
        TileKey("source", level, columns // 2 + n % 6 - 3, rows // 2 + n // 6 - 2)
        for n in range(count)
    ]
    inside = [k for k in keys if 0 <= k.column < columns and 0 <= k.row < rows]
    started = time.perf_counter()
    for key in inside:
        renderer.tile(key)
    whole = time.perf_counter() - started
    reading = 0.0
    for key in inside:
        begun = time.perf_counter()
        renderer.rgba(renderer.grid.box(key), of_source=False)
        reading += time.perf_counter() - begun
    return len(inside) / whole, len(inside) / max(whole - reading, 1e-9)


def worst_drift_px(renderer: TileRenderer) -> float:
    """Return the worst shift of warped tiles against the truth, corners and middle, all zooms."""
    worst = 0.0
    for level in range(renderer.grid.max_level + 1):
        columns, rows = renderer.grid.shape(level)
        places = {(c, r) for c in (0.15, 0.5, 0.85) for r in (0.15, 0.5, 0.85)}
        for key in {TileKey("source", level, int(c * columns), int(r * rows)) for c, r in places}:
            worst = max(worst, _drift_px(renderer, key))
    return worst


def _drift_px(renderer: TileRenderer, key: TileKey) -> float:
    area = renderer.grid.box(key)
    rgba = renderer.rgba(area, of_source=True)
    at = area.at(np.arange(area.width, dtype=float), np.arange(area.height, dtype=float))
    true = pattern(at.reshape(-1, 2), area.pixel_size[0]).reshape(*at.shape[:2], 3)[..., 1]
    slope = np.stack(np.gradient(true.astype(float))[::-1], axis=-1)
    inner = rgba[..., 3] > 0
    inner[[0, -1]] = inner[:, [0, -1]] = False
    error = rgba[..., 1].astype(float) - true
    if not inner.any() or slope[inner].std() < 0.3:
        return 0.0  # too little structure to measure a shift on
    return float(np.hypot(*np.linalg.lstsq(slope[inner], error[inner], rcond=None)[0]))


def decisions_s(folder: Path, count: int = 40) -> list[float]:
    """Return the times from a decision to the next entry, a store's latency included."""
    log = ReviewLog(folder, Identity("ada", "os"))
    record_all = log.record_all

    def slow(decisions: Any) -> Any:
        time.sleep(STORE_LATENCY_S)
        return record_all(decisions)

    log.record_all = slow  # type: ignore[method-assign]  # a store that is far away
    desk = ReviewDesk(log)
    desk.open()
    took = []
    for _ in range(count):
        started = time.perf_counter()
        desk.decide(Decision.ACCEPT)
        took.append(time.perf_counter() - started)
    desk.close()
    return took


def main() -> None:
    """Print one line for each figure."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    parts = huge_pair()
    renderer = TileRenderer(*parts, ViewerOptions())
    print(f"first tile: {1000 * min(first_tile_s(parts) for _ in range(3)):.0f} ms")
    for level in (renderer.grid.max_level, renderer.grid.max_level - 4):
        rate, alone = tiles_per_second(renderer, level)
        print(f"level {level}: {rate:.1f} warped tiles/s, {alone:.1f} without drawing the slide")
    print(f"worst drift: {worst_drift_px(renderer):.3f} screen pixels")
    with tempfile.TemporaryDirectory() as name:
        make_alignments(Path(name), pairs)
        desk = ReviewDesk(ReviewLog(Path(name), Identity("ada", "os")))
        desk.open()
        desk.close()
        before = psutil.Process().memory_info().rss
        started = time.perf_counter()
        again = ReviewDesk(ReviewLog(Path(name), Identity("ada", "os")))
        again.open()
        took = time.perf_counter() - started
        more = (psutil.Process().memory_info().rss - before) / 2**20
        print(f"{len(again.entries)} pairs open by the index: {took:.2f} s, {more:.0f} MB more")
        again.close()
        times = np.array(decisions_s(Path(name)))
        print(
            f"decision to next entry, store of {1000 * STORE_LATENCY_S:.0f} ms: median "
            f"{1000 * np.median(times):.0f} ms, p95 {1000 * np.percentile(times, 95):.0f} ms"
        )
    threads = threading.active_count()
    for _ in range(100):
        viewer = AlignmentViewer(*parts)
        viewer.close()
        del viewer
    gc.collect()
    print(json.dumps({"viewers": 100, "threads_left": threading.active_count() - threads}))


if __name__ == "__main__":
    main()
