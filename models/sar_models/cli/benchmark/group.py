"""The group of commands ``sar-align benchmark``: one module for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import typer

from sar_models.cli.lazy import Deferred, LazyGroup

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Benchmark(LazyGroup):
    """Measurements that anyone can repeat."""

    deferred: ClassVar[Mapping[str, Deferred]] = {
        "landmarks": Deferred(
            "sar_models.cli.benchmark.landmarks:landmarks",
            "Measure the error at human landmarks: rTRE per pair and in total, as in ANHIR.",
        ),
        "honesty": Deferred(
            "sar_models.cli.benchmark.honesty:honesty",
            "Count what is said about pairs that belong together, and about pairs that do not.",
        ),
        "failures": Deferred(
            "sar_models.cli.benchmark.failures:failures",
            "Plant failures in alignments, and see whether their risk tells the wrong from the "
            "right.",
        ),
        "derived": Deferred(
            "sar_models.cli.benchmark.derived:derived",
            "Align real slides with turned, deformed, restained derivatives; the truth is known.",
        ),
        "anchors": Deferred(
            "sar_models.cli.benchmark.anchors:anchors",
            "Match real pairs, turned and mirrored, without a pose: how much is right, and the "
            "pose.",
        ),
        "retrieval": Deferred(
            "sar_models.cli.benchmark.retrieval:retrieval",
            "Find places by anchors that are off, bent, torn or wrong, by every retriever.",
        ),
        "scale": Deferred(
            "sar_models.cli.benchmark.scale:scale",
            "Align one section scanned in several sizes with its neighbour: seconds and memory.",
        ),
        "torn": Deferred(
            "sar_models.cli.benchmark.torn:torn",
            "Align pairs in pieces with known truth: cells, pieces, silence, cost, against "
            "ceilings.",
        ),
        "disentanglement": Deferred(
            "sar_models.cli.benchmark.disentanglement:disentanglement",
            "Paint places with another stain: what moves, does the stain arrive, do places matter "
            "more.",
        ),
        "shift": Deferred(
            "sar_models.cli.benchmark.shift:shift",
            "Change light and stain of one section more and more; register with and without the "
            "scene.",
        ),
        "ablation": Deferred(
            "sar_models.cli.benchmark.ablation:ablation",
            "Train SAR-Net whole, without each of its losses, and by batch norm, all equally "
            "short.",
        ),
        "jobs": Deferred(
            "sar_models.cli.benchmark.jobs:jobs",
            "Measure overhead per job, growth, a look at a long queue, and pairs under kill -9.",
        ),
    }


app = typer.Typer(
    cls=_Benchmark,
    help="Measure: accuracy, honesty, torn tissue, time, memory.",
    no_args_is_help=True,
)
