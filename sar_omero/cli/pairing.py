"""Which slides of a server belong together: by name, by tags, by key-value pairs, by a table."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sar_models.cli.console import stderr
from sar_models.domain.errors import InputError, OptionError
from sar_models.stores.pairing import (
    Leftover,
    Pairing,
    PairNames,
    pair_by_pattern,
    pair_by_table,
    pair_by_values,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sar_models.stores.protocols import SlideId

_LEFTOVERS_SHOWN = 20

PairsOption = Annotated[
    Path | None,
    typer.Option("--pairs", help="CSV with the columns source and target: names or image ids."),
]
PatternOption = Annotated[
    str | None,
    typer.Option(
        "--pattern",
        help="Regular expression with the groups case and stain, searched in image names: "
        r"'(?P<case>[^_]+)_(?P<stain>[^_.]+)'.",
    ),
]
ValuesOption = Annotated[
    str | None,
    typer.Option(
        "--values", help="Two keys of key-value pairs, CASE,STAIN: for instance 'Block,Stain'."
    ),
]
TagsOption = Annotated[
    str | None,
    typer.Option(
        "--tags",
        help="Two regular expressions for whole tags, CASE,STAIN: for instance 'B[0-9]+,HE|CD3'.",
    ),
]
ReferenceOption = Annotated[
    str | None, typer.Option("--reference", help="The stain that others are aligned to.")
]


def paired(
    images: Sequence[Mapping[str, Any]],
    *,
    table: Path | None,
    pattern: str | None,
    values: str | None,
    tags: str | None,
    reference: str | None,
) -> Pairing:
    """Return the pairs among images, by their addresses.

    Parameters
    ----------
    images : sequence of mapping
        As :func:`sar_omero.listing.listed` tells them.
    table, pattern, values, tags, reference
        Options of the command; exactly one of the first four, and a reference unless by table.

    Raises
    ------
    OptionError
        If the options do not say which slides belong together.
    InputError
        If the table cannot be used.
    """
    ways = [way for way in (table, pattern, values, tags) if way is not None]
    if len(ways) != 1 or (table is None) == (reference is None):
        raise OptionError(
            "Which slides belong together?",
            remedy="Give --pairs CSV alone, or --reference STAIN and one of --pattern, --values "
            "and --tags.",
        )
    if table is not None or pattern is not None:
        return _by_name(images, table, pattern, reference or "")
    if values is not None:
        case_key, stain_key = _two(values, "--values")
        told = {
            image["slide"]: (image["values"].get(case_key), image["values"].get(stain_key))
            for image in images
        }
        return pair_by_values(
            told, reference or "", f"it lacks a value of {case_key!r} or {stain_key!r}"
        )
    case, stain = (_expression(text) for text in _two(tags or "", "--tags"))
    told = {image["slide"]: (_tag(image, case), _tag(image, stain)) for image in images}
    return pair_by_values(told, reference or "", "no tag, or several, tell its case and stain")


def print_leftovers(pairing: Pairing, images: Sequence[Mapping[str, Any]]) -> None:
    """Tell which slides are in no pair, and why."""
    names = {image["slide"]: image["name"] for image in images}
    for leftover in pairing.leftovers[:_LEFTOVERS_SHOWN]:
        name = names.get(leftover.slide, leftover.slide)
        text = f"left out: {name} ({short(leftover.slide)}): {leftover.reason}"
        stderr.print(text, markup=False, highlight=False, soft_wrap=True)
    more = len(pairing.leftovers) - _LEFTOVERS_SHOWN
    if more > 0:
        stderr.print(f"left out: {more} more", highlight=False)


def short(slide: SlideId) -> str:
    """Return ``Image:12`` for an address."""
    return f"Image:{slide.rpartition('/')[2]}"


def _by_name(
    images: Sequence[Mapping[str, Any]], table: Path | None, pattern: str | None, reference: str
) -> Pairing:
    """Pair by names; images that share one are told apart by their ids."""
    counts = Counter(image["name"] for image in images)
    names = {
        image["name"]
        if counts[image["name"]] == 1
        else f"{image['name']} (Image:{image['id']})": image
        for image in images
    }
    if table is not None:
        aliases: dict[str, str] = {}
        for name, image in names.items():
            number = image["id"]
            aliases |= dict.fromkeys((str(number), f"Image:{number}", image["slide"]), name)
        found = pair_by_table(table, list(names), aliases)
    else:
        found = pair_by_pattern(list(names), pattern or "", reference)
    slides = {name: str(image["slide"]) for name, image in names.items()}
    return Pairing(
        tuple(PairNames(slides[pair.source], slides[pair.target]) for pair in found.pairs),
        tuple(Leftover(slides[left.slide], left.reason) for left in found.leftovers),
    )


def _two(text: str, option: str) -> tuple[str, str]:
    parts = [part.strip() for part in text.split(",", 1)]
    if len(parts) != 2 or not all(parts):
        raise OptionError(
            f"{option} {text!r} does not name two", remedy="Write CASE,STAIN with a comma between."
        )
    return parts[0], parts[1]


def _expression(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as exc:
        raise OptionError(f"{text!r} is no regular expression: {exc}") from exc


def _tag(image: Mapping[str, Any], expression: re.Pattern[str]) -> str | None:
    found = {tag for tag in image["tags"] if expression.fullmatch(tag)}
    return found.pop() if len(found) == 1 else None


def require_pairs(pairing: Pairing, images: Sequence[Mapping[str, Any]]) -> None:
    """Refuse to go on without a pair.

    Raises
    ------
    InputError
        If there is none.
    """
    if not pairing.pairs:
        reason = pairing.leftovers[0].reason.capitalize() + "." if pairing.leftovers else ""
        raise InputError(f"None of the {len(images)} slides make a pair", remedy=reason)
