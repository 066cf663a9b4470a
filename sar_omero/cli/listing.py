"""``sar-align omero list``: what is on a server, and which pairs it makes."""

from __future__ import annotations

from typing import Any

from rich.markup import escape
from rich.table import Table

from sar_models.cli.console import print_json, stdout
from sar_models.cli.options import JsonOption
from sar_omero.cli.pairing import (
    PairsOption,
    PatternOption,
    ReferenceOption,
    TagsOption,
    ValuesOption,
    paired,
    print_leftovers,
    short,
)
from sar_omero.cli.shared import CaOption, InsecureOption, UriArgument, server_of


def list_slides(
    uri: UriArgument,
    pairs: PairsOption = None,
    pattern: PatternOption = None,
    values: ValuesOption = None,
    tags: TagsOption = None,
    reference: ReferenceOption = None,
    ca: CaOption = None,
    insecure: InsecureOption = False,
    json_: JsonOption = False,
) -> None:
    """List the slides of a project or dataset, and the pairs that they make.

    Exit code 0; 2: wrong input; 5: the server cannot be reached, or refuses.
    """
    with server_of(uri, ca=ca, insecure=insecure) as store:
        images = store.answer("images", {})
        standing = store.answer("summaries", {})
    way = {"table": pairs, "pattern": pattern, "values": values, "tags": tags}
    asked = any(one is not None for one in (*way.values(), reference))
    pairing = paired(images, **way, reference=reference) if asked else None  # type: ignore[arg-type]
    if json_:
        told: dict[str, Any] = {"slides": images, "alignments": standing}
        if pairing is not None:
            told["pairs"] = [[pair.source, pair.target] for pair in pairing.pairs]
            told["leftovers"] = [[left.slide, left.reason] for left in pairing.leftovers]
        print_json(told)
        return
    stdout.print(_slides(images))
    for summary in standing:
        stdout.print(
            f"{summary.get('Source', '')} → {summary.get('Target', '')}: "
            f"{summary.get('Outcome', '')}, risk {summary.get('Risk', '')}, "
            f"{summary.get('Status', '')}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    if pairing is not None:
        names = {image["slide"]: f"{image['name']} ({short(image['slide'])})" for image in images}
        for pair in pairing.pairs:
            stdout.print(
                f"pair: {names[pair.source]} → {names[pair.target]}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
        print_leftovers(pairing, images)
        stdout.print(f"{len(pairing.pairs)} pairs, {len(pairing.leftovers)} slides left over")


def _slides(images: list[dict[str, Any]]) -> Table:
    table = Table(box=None)
    table.add_column("id", justify="right")
    for column in ("name", "pixels", "µm/px", "owner", "tags", "key-value pairs"):
        table.add_column(column, overflow="fold")
    for image in images:
        mpp = "?" if image["mpp"] is None else f"{image['mpp'][0]:.4g}"
        words = "; ".join(f"{name}={value}" for name, value in image["values"].items())
        locked = "" if image["may_annotate"] else " (read only)"
        table.add_row(
            str(image["id"]),
            escape(image["name"]),
            f"{image['width']} x {image['height']}",
            mpp,
            escape(image["owner"] + locked),
            escape(", ".join(image["tags"])),
            escape(words),
        )
    return table
