"""Measure the backend: latency while alignments run, and a large collection of annotations.

Usage: python benchmarks/service.py [REQUESTS] [POLYGONS]; works in a temporary folder, with
generated slides, on a server of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import psutil

from sar_models.synthesis import ImageCanvas, generate_pair, write_pyramid

if TYPE_CHECKING:
    from collections.abc import Iterator

VERTICES = 20
BUSY_JOBS = 12


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[tuple[httpx.Client, psutil.Process]]:
    """Run a server with one worker; yield a client and its process."""
    command = [sys.executable, "-m", "sar_models.cli.main", "serve", "--json"]
    process = subprocess.Popen(
        [*command, "--root", str(folder), "--state", str(folder / "state")],
        env=os.environ | {"XDG_STATE_HOME": str(folder / "home")},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        token = json.loads(Path(told["server_file"]).read_text())["token"]
        with httpx.Client(
            base_url=told["url"],
            headers={"Authorization": f"Bearer {token}"},
            timeout=600,
            trust_env=False,
        ) as client:
            yield client, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)


def submit(client: httpx.Client, folder: Path, seed: int) -> str:
    """Queue the pair under a seed; return the job."""
    asked = {
        "source": {"slide": str(folder / "source.tif")},
        "target": {"slide": str(folder / "target.tif")},
        "options": {"seed": seed},
    }
    job: str = client.post("/v1/jobs", json=asked).raise_for_status().json()["id"]
    return job


def wait_for(client: httpx.Client, job: str) -> float:
    """Wait until a job is done; return how long that took."""
    started = time.perf_counter()
    while (state := client.get(f"/v1/jobs/{job}").json()["state"]) != "done":
        assert state in ("queued", "running"), state
        time.sleep(0.2)
    return time.perf_counter() - started


def timed(client: httpx.Client, count: int, method: str, url: str, **body: Any) -> str:
    """Send requests one after the other; return percentiles in words."""
    took, errors = [], 0
    for _ in range(count):
        started = time.perf_counter()
        errors += client.request(method, url, **body).status_code != 200
        took.append(1000 * (time.perf_counter() - started))
    p50, p95, p99 = np.percentile(took, [50, 95, 99])
    return f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms, {errors} errors of {count}"


def polygons(count: int, width: int, height: int) -> bytes:
    """Return a collection of small round polygons."""
    rng = np.random.default_rng(0)
    angle = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    features = []
    for number in range(count):
        ring = rng.uniform((0.1 * width, 0.1 * height), (0.9 * width, 0.9 * height))
        ring = np.round(ring + rng.uniform(3, 8) * circle, 2).tolist()
        features.append(
            {
                "type": "Feature",
                "id": str(uuid.UUID(int=number + 1)),
                "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
                "properties": {"objectType": "annotation"},
            }
        )
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def tree_mb(process: psutil.Process) -> float:
    """Return the memory of a server and its processes, MB; pages that some share count once."""
    total = 0
    for each in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            told = each.memory_full_info()
            total += getattr(told, "pss", told.uss)
    return total / 1e6


def map_polygons(client: httpx.Client, process: psutil.Process, job: str, body: bytes) -> str:
    """Map a collection; return time, size and memory in words."""
    before, peak, size = tree_mb(process), 0.0, 0
    ended = threading.Event()

    def look() -> None:
        nonlocal peak
        while not ended.wait(0.1):
            peak = max(peak, tree_mb(process))

    looking = threading.Thread(target=look)
    looking.start()
    started = time.perf_counter()
    headers = {"Content-Type": "application/json"}
    url = f"/v1/alignments/{job}/geojson"
    tail = b""
    with client.stream("POST", url, content=body, headers=headers) as answer:
        answer.raise_for_status()
        for part in answer.iter_bytes():
            size += len(part)
            tail = (tail + part)[-4_000_000:]
    seconds = time.perf_counter() - started
    ended.set()
    looking.join()
    counts = json.loads(tail[tail.rindex(b'"sar_align":') + 12 :].strip()[:-1])["counts"]
    return (
        f"{seconds:.1f} s, {len(body) / 1e6:.0f} MB in, {size / 1e6:.0f} MB out, "
        f"all processes {before:.0f} MB before and {peak:.0f} MB at most; {counts}"
    )


def main(requests: int, count: int) -> None:
    """Print what was measured."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pair = generate_pair(1)
        for side, slide in (("source", pair.source), ("target", pair.target)):
            write_pyramid(folder / f"{side}.tif", ImageCanvas(slide.image), slide.mpp)
        with serving(folder) as (client, process):
            first = submit(client, folder, 0)
            print(f"one alignment, start of the worker included: {wait_for(client, first):.1f} s")
            size = client.get(f"/v1/alignments/{first}").json()["source"]["frames"]["file"]
            width, height = size["width"], size["height"]
            points = np.random.default_rng(0).uniform(0, (width, height), (1000, 2)).tolist()
            url, body = f"/v1/alignments/{first}/points", {"points": points}
            print("idle:  1 000 points:", timed(client, requests, "POST", url, json=body))
            print("idle:  health:      ", timed(client, requests, "GET", "/health"))
            jobs = [submit(client, folder, seed) for seed in range(1, BUSY_JOBS + 1)]
            while client.get(f"/v1/jobs/{jobs[0]}").json()["state"] == "queued":
                time.sleep(0.1)
            print("busy:  1 000 points:", timed(client, requests, "POST", url, json=body))
            print("busy:  health:      ", timed(client, requests, "GET", "/health"))
            states = [client.get(f"/v1/jobs/{job}").json()["state"] for job in jobs]
            print(f"busy:  {states.count('done')} alignments ended meanwhile, {states[-1]}")
            for job in jobs:
                client.post(f"/v1/jobs/{job}/cancel")
            collection = polygons(count, width, height)
            told = map_polygons(client, process, first, collection)
            print(f"{count} polygons of {VERTICES} vertices: {told}")
            print(f"load of the machine: {os.getloadavg()}, {os.cpu_count()} cores")


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:]]
    main(*(numbers + [1000, 100_000][len(numbers) :]))
