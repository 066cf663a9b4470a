"""``sar-align benchmark anchors``: what keypoints find across stains, turns and mirrors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sar_models.cli.benchmark.results import prepare_folder, write_results
from sar_models.cli.benchmark.shared import jsonable, measured_table, number, percent
from sar_models.cli.console import print_json, stage_progress, stdout
from sar_models.cli.options import JsonOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from sar_models.benchmark.anchor_totals import AnchorDuel, AnchorTotal
    from sar_models.benchmark.anchors import AnchorScore

_DEFAULT = ("scene", "sift")
_NUMBERS = ("turned", "matches", "%", "in groups", "%", "pose %", "CPU s")


def anchors(
    data: Annotated[Path, typer.Option(help="Folder with pairs.csv, see docs/benchmarks.md.")],
    anchors: Annotated[
        list[str] | None,
        typer.Option(help="scene, sift or aliked; may be repeated. [default: scene, sift]"),
    ] = None,
    anchor_weights: Annotated[
        Path | None, typer.Option(help="Weights of aliked, which are not shipped.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the turns.")] = 0,
    jobs: Annotated[int, typer.Option(min=1, help="Pairs at a time, one thread each.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for anchors.json, anchors.md and anchors.png."),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Match real pairs, turned and mirrored, without a pose: how much is right, and the pose."""
    from sar_models.benchmark.anchor_totals import duels, totals
    from sar_models.benchmark.anchors import score_anchors
    from sar_models.benchmark.landmarks import read_pairs

    pairs = read_pairs(data)
    names = list(dict.fromkeys(anchors or _DEFAULT))
    prepare_folder(out)
    scores: list[AnchorScore] = []
    with stage_progress("anchors") as progress:
        for score in score_anchors(pairs, names, anchor_weights, seed, jobs):
            scores.append(score)
            progress(f"{score.anchors}, {score.name}", len(scores) / (len(pairs) * len(names)))
    scores = _ordered(scores, names, [pair.name for pair in pairs])
    figures = {"seed": seed, "totals": totals(scores), "duels": duels(scores), "pairs": scores}
    if out is not None:
        from sar_models.benchmark.anchor_plots import draw_anchors

        write_results(out, "anchors", figures, _pair_table(scores))
        draw_anchors(scores, out / "anchors.png")
    if json_:
        print_json(jsonable(figures))
        return
    stdout.print(_pair_table(scores))
    stdout.print(_total_table(totals(scores)))
    for duel in duels(scores):
        stdout.print(_duel_line(duel), soft_wrap=True)


def _ordered(
    scores: Sequence[AnchorScore], names: Sequence[str], pairs: Sequence[str]
) -> list[AnchorScore]:
    """Return scores pair by pair: with several at a time they end in any order."""
    return sorted(scores, key=lambda s: (pairs.index(s.name), names.index(s.anchors)))


def _pair_table(scores: Sequence[AnchorScore]) -> Table:
    table = measured_table(
        "Right of all matches, right of those in groups (⇋ mirrored, ! pose of no use)",
        ("pair", "anchors"),
        _NUMBERS,
    )
    for score in scores:
        table.add_row(
            score.name,
            score.anchors,
            f"{score.turn_deg:.0f}°" + (" ⇋" if score.mirrored else ""),
            f"{score.matches.right}/{score.matches.found}",
            f"{100 * score.matches.precision:.0f}",
            f"{score.in_groups.right}/{score.in_groups.found}",
            f"{100 * score.in_groups.precision:.0f}",
            _pose(score.pose_error) + ("" if score.usable else " !"),
            number(score.cpu_seconds),
        )
    return table


def _total_table(found: Sequence[AnchorTotal]) -> Table:
    table = measured_table(
        "Medians over the pairs",
        ("anchors",),
        ("right", "%", "in groups", "%", "poses", "pose %", "worst %", "CPU s"),
    )
    for total in found:
        table.add_row(
            total.anchors,
            number(total.right_matches, 0),
            f"{100 * total.precision:.0f}",
            number(total.right_in_groups, 0),
            f"{100 * total.group_precision:.0f}",
            f"{total.usable} of {total.pairs}",
            _pose(total.median_pose_error),
            _pose(total.worst_pose_error),
            number(total.cpu_seconds),
        )
    return table


def _pose(error: float) -> str:
    return "none" if error == float("inf") else percent(error)


def _duel_line(duel: AnchorDuel) -> str:
    return (
        f"{duel.first} at least as good as {duel.second}: correct matches on {duel.right_matches} "
        f"of {duel.pairs} pairs, precision on {duel.precision}, both on {duel.both}; both within "
        f"groups on {duel.both_in_groups}"
    )
