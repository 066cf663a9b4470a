"""The group of commands ``sar-align omero``: one module for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import typer

from sar_models.cli.lazy import Deferred, LazyGroup

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Omero(LazyGroup):
    deferred: ClassVar[Mapping[str, Deferred]] = {
        "list": Deferred(
            "sar_omero.cli.listing:list_slides",
            "List the slides of a project or dataset, and the pairs that they make.",
        ),
        "align": Deferred(
            "sar_omero.cli.align:align", "Align two images of a server; nothing is pushed."
        ),
        "push": Deferred(
            "sar_omero.cli.push:push",
            "Push alignments to the server that their slides came from; twice is once.",
        ),
        "sync": Deferred(
            "sar_omero.cli.sync:sync",
            "Find pairs, align what is new, push; the same command goes on where it was stopped.",
        ),
        "withdraw": Deferred(
            "sar_omero.cli.withdraw:withdraw",
            "Take back what was published of one pair: only objects of ours that you own.",
        ),
        "review": Deferred(
            "sar_omero.cli.review:review",
            "Record a decision under your OMERO name, and bring the server up to date.",
        ),
        "selftest": Deferred(
            "sar_omero.cli.selftest:selftest",
            "Prove a server: create, edit, read and withdraw objects of our own on two images.",
        ),
        "install-plugin": Deferred(
            "sar_omero.cli.install_plugin:install_plugin",
            "Make the command `omero sar-align` known to omero-py.",
        ),
    }


app = typer.Typer(
    cls=_Omero,
    help="OMERO: align the slides of a server, push results, sync a dataset every night.",
    no_args_is_help=True,
)
