"""What ``sar-align benchmark torn --regions`` says of regions."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.text import Text

from sar_models.cli.benchmark.shared import jsonable, measured_table, number
from sar_models.cli.console import stdout
from sar_models.domain.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sar_models.benchmark.torn.results import TornResult

_NAME = "regions"
_COLUMNS = (
    *("area_px2", "shown", "foreign", "given", "iou", "dice", "proposed_iou"),
    *("confidence", "sigma_px", "error_px"),
)


def check_fit(*, fit: bool, regions: bool, seed: int | None) -> None:
    """See that a fit has regions, and none of the frozen set.

    Raises
    ------
    OptionError
        If it has not.
    """
    if fit and not regions:
        raise OptionError("--fit without --regions", remedy="Give --regions too.")
    if fit and seed is None:
        raise OptionError(
            "--fit on the frozen set, which is for measuring",
            remedy="Give a --seed for other pairs of the same kinds.",
        )


def region_record(results: Sequence[TornResult], out: Path | None, *, fit: bool) -> dict[str, Any]:
    """Return the figures of the regions of a set, and write them; nothing without regions."""
    from sar_models.benchmark.torn.region_fit import fit_regions
    from sar_models.benchmark.torn.region_plots import draw_region_plots
    from sar_models.benchmark.torn.region_summary import region_targets, summarise_regions

    pairs = [result.regions for result in results if result.regions]
    if not any(score.shown for pair in pairs for score in pair):
        return {}
    summary = summarise_regions(pairs)
    targets = [asdict(target) | {"met": target.met} for target in region_targets(summary)]
    record: dict[str, Any] = {"regions": asdict(summary), "region_targets": targets}
    if fit:
        record["region_fit"] = asdict(fit_regions([score for pair in pairs for score in pair]))
    if out is not None:
        text = json.dumps(jsonable(record), indent=1) + "\n"
        (out / f"{_NAME}.json").write_text(text, encoding="utf-8")
        draw_region_plots(pairs, summary, out / f"{_NAME}.png")
        _write_csv(results, out / f"{_NAME}.csv")
    return record


def print_regions(record: Mapping[str, Any]) -> None:
    """Print what was found of regions against what was promised."""
    if not record:
        return
    found = record["regions"]
    miou = found["miou"]
    lines = [
        f"{found['shown']} of {found['regions']} regions are shown by the target: mIoU "
        f"{miou['value']:.3f} ({miou['low']:.3f} – {miou['high']:.3f})",
        "by size, smallest quarter first: "
        + ", ".join(f"{value:.3f}" for value in found["quartiles"]),
        f"not shown: {found['unshown_given']} of {found['unshown']} were given a place, "
        f"{found['control_given']} of {found['control']} on control tissue",
    ]
    if "region_fit" in record:
        lines.append(f"fit: {record['region_fit']}")
    stdout.print(Text("\n".join(lines)), soft_wrap=True)
    table = measured_table("Regions", ("", "figure"), ("found", "wanted"))
    for target in record["region_targets"]:
        table.add_row(
            "[green]✔[/]" if target["met"] else "[red]✘[/]",
            target["name"].removeprefix("regions: "),
            number(target["value"], 3),
            ("≥ " if target["at_least"] else "≤ ") + number(target["bound"], 3),
        )
    stdout.print(table)


def _write_csv(results: Sequence[TornResult], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["pair", *_COLUMNS])
        for result in results:
            for score in result.regions:
                rows.writerow([result.name, *(getattr(score, name) for name in _COLUMNS)])
