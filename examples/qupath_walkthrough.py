"""A QuPath project from its images to aligned annotations, without QuPath and without data.

    python examples/qupath_walkthrough.py OUT

makes two generated sections of one tissue block, a project that shows them, annotations on the
first, and brings them to the second with the commands of `sar-align qupath`. The project opens in
QuPath 0.5 to 0.7; there `Import results` would do what `push` does here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from sar_models.stores.geojson import read_geojson, write_geojson
from sar_models.synthesis import (
    GeneratedPair,
    ImageCanvas,
    PairOptions,
    generate_pair,
    write_pyramid,
)

SEED = 11


def sar_align(*arguments: object) -> dict:
    """Run a command and return what it says with ``--json``."""
    command = [sys.executable, "-m", "sar_models.cli.main", *map(str, arguments), "--json"]
    print("$ sar-align", *arguments)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit(done.returncode)
    return json.loads(done.stdout.splitlines()[-1])


def make_project(out: Path) -> tuple[Path, GeneratedPair]:
    """Write two slides and a project of them; QuPath's plain JSON is all it takes."""
    pair = generate_pair(SEED, PairOptions(size_px=900, turn_deg=160.0, target_stain="cd3"))
    images = []
    for number, (name, slide) in enumerate((("he", pair.source), ("cd3", pair.target)), start=1):
        file = out / "slides" / f"{name}.tif"
        file.parent.mkdir(parents=True, exist_ok=True)
        write_pyramid(file, ImageCanvas(slide.image), slide.mpp)
        builder = {"builderType": "uri", "uri": file.resolve().as_uri(), "args": []}
        images.append(
            {
                "serverBuilder": builder,
                "entryID": number,
                "imageName": file.name,
                "metadata": {"case": "B7", "stain": name},
            }
        )
    project = out / "project" / "project.qpproj"
    project.parent.mkdir()
    record = {"version": "0.6.0", "uri": project.resolve().as_uri(), "lastID": 2, "images": images}
    project.write_text(json.dumps(record, indent=2), encoding="utf-8")
    return project, pair


def draw(project: Path, pair: GeneratedPair) -> None:
    """Leave the annotations of the first image where the script `Export this image` leaves them."""
    exported = project.parent / "sar_align" / "exported" / "1.geojson"
    exported.parent.mkdir(parents=True)
    write_geojson(exported, pair.annotations)


def overlap(project: Path, pair: GeneratedPair) -> float:
    """Return the mean overlap (IoU) of what arrived with the truth."""
    outbox = project.parent / "sar_align" / "outbox" / "2" / "1.geojson"
    arrived = {
        annotation.id: annotation.geometry for annotation in read_geojson(outbox).annotations
    }
    shares = []
    for true in pair.counterparts():
        if true.id in arrived and true.geometry.area > 0:
            found = arrived[true.id]
            union = found.union(true.geometry).area
            shares.append(found.intersection(true.geometry).area / union)
    return sum(shares) / len(shares)


def main(out: Path) -> None:
    """Walk through it."""
    project, pair = make_project(out)
    draw(project, pair)

    for row in sar_align("qupath", "list", project)["entries"]:
        print("   ", row["id"], row["slide"], row["objects"] or "no", "objects", row["remark"])

    # Align by the metadata that people gave the images in QuPath. Nobody has looked at the result
    # yet: it is offered, not published. A new project shows one section lying on the other.
    keys = ("--case-key", "case", "--stain-key", "stain", "--reference", "cd3")
    (aligned,) = sar_align(
        "qupath", "align", project, *keys, "--new-project", out / "aligned-view"
    )["pairs"]
    print("   ", aligned["outcome"], "risk", aligned["risk"], aligned["told"], aligned["status"])

    # Somebody looks at the report and accepts; in QuPath, confirming `Import results` does that.
    sar_align("review", "accept", aligned["folder"])
    (pushed,) = sar_align("qupath", "push", project)["pairs"]
    print("   ", pushed["status"], pushed["actions"])
    print(f"    mean overlap with the truth: {overlap(project, pair):.2f}")

    # Once more: nothing changes. And taking it back would take exactly what came.
    (again,) = sar_align("qupath", "push", project)["pairs"]
    print("   ", again["actions"])
    pair_of = ("--source", "he.tif", "--target", "cd3.tif")
    (back,) = sar_align("qupath", "withdraw", project, *pair_of, "--dry-run")["pairs"]
    print("    a withdrawal would delete", back["actions"]["delete"], "objects")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "qupath-walkthrough"))
