"""Which slides belong together: by hand, by a table, or by a pattern in their names."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sar_models.domain.errors import InputError, OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sar_models.stores.protocols import SlideId

_MAX_TABLE_BYTES = 16 * 1024**2


@dataclass(frozen=True)
class PairNames:
    """Two slides to align: the transform will be ``target_from_source``."""

    source: SlideId
    target: SlideId


@dataclass(frozen=True)
class Leftover:
    """A slide that found no partner, and why."""

    slide: SlideId
    reason: str


@dataclass(frozen=True)
class Pairing:
    """Pairs in a stable order, and every slide that is in none of them."""

    pairs: tuple[PairNames, ...]
    leftovers: tuple[Leftover, ...] = ()


@dataclass(frozen=True)
class _Row:
    """A pair as it was given, and where."""

    where: str
    source: str
    target: str


def pair_by_hand(pairs: Iterable[tuple[str, str]], slides: Sequence[SlideId]) -> Pairing:
    """Return the pairs that were named one by one.

    Parameters
    ----------
    pairs : iterable of (source, target)
        Names, or names without their suffix where those are unique.
    slides : sequence of str
        All slides of the store.

    Raises
    ------
    InputError
        If a name is unknown, a slide is paired with itself, or a pair comes twice.
    """
    rows = [_Row(f"Pair {i}", *pair) for i, pair in enumerate(pairs, start=1)]
    return _resolved(rows, slides)


def pair_by_table(
    path: Path, slides: Sequence[SlideId], aliases: Mapping[str, SlideId] | None = None
) -> Pairing:
    """Return the pairs of a CSV file with the columns ``source`` and ``target``.

    Commas, semicolons and tabs are understood, other columns are ignored.

    Parameters
    ----------
    path : Path
    slides : sequence of str
        All slides of the store.
    aliases : mapping, optional
        Slides by other names that they go by.

    Raises
    ------
    InputError
        If it is no such table, or one of its lines cannot be used; the message has the line.
    """
    known = aliases or {}
    rows = [
        _Row(row.where, known.get(row.source, row.source), known.get(row.target, row.target))
        for row in _rows_of(path)
    ]
    return _resolved(rows, slides)


def pair_by_pattern(slides: Sequence[SlideId], pattern: str, reference: str) -> Pairing:
    """Return the pairs of slides whose names agree on the case and differ in the stain.

    Parameters
    ----------
    slides : sequence of str
        All slides of the store.
    pattern : str
        Regular expression with the groups ``case`` and ``stain``, searched in each name, such as
        ``(?P<case>[^_]+)_(?P<stain>[^_.]+)``.
    reference : str
        Stain that is the target of each pair, whatever its letters' case.

    Raises
    ------
    OptionError
        If the pattern is no regular expression or lacks a group.
    """
    expression = _compiled(pattern)
    told: dict[SlideId, tuple[str | None, str | None]] = {}
    for slide in slides:
        found = expression.search(slide)
        told[slide] = (None, None) if found is None else (found["case"], found["stain"])
    return pair_by_values(told, reference, "its name does not match the pattern")


def pair_by_values(
    told: Mapping[SlideId, tuple[str | None, str | None]], reference: str, lacking: str
) -> Pairing:
    """Return the pairs of slides that agree on the case and differ in the stain.

    Parameters
    ----------
    told : mapping
        Case and stain of every slide, in a stable order; ``None`` where nobody says.
    reference : str
        Stain that is the target of each pair, whatever its letters' case.
    lacking : str
        Reason for people why a slide without case or stain is left over.
    """
    slides = list(told)
    cases: dict[str, dict[str, list[SlideId]]] = {}
    leftovers: list[Leftover] = []
    for slide, (case, stain) in told.items():
        if case is None or stain is None:
            leftovers.append(Leftover(slide, lacking))
        else:
            cases.setdefault(case, {}).setdefault(stain.casefold(), []).append(slide)
    pairs: list[PairNames] = []
    for case, stains in cases.items():
        _pair_case(case, stains, reference, pairs, leftovers)
    order = {slide: i for i, slide in enumerate(slides)}
    pairs.sort(key=lambda pair: order[pair.source])
    leftovers.sort(key=lambda leftover: order[leftover.slide])
    return Pairing(tuple(pairs), tuple(leftovers))


def _pair_case(
    case: str,
    stains: Mapping[str, list[SlideId]],
    reference: str,
    pairs: list[PairNames],
    leftovers: list[Leftover],
) -> None:
    targets = stains.get(reference.casefold(), [])
    others = [
        slide
        for stain, members in stains.items()
        if stain != reference.casefold()
        for slide in members
    ]
    if len(targets) == 1 and others:
        pairs.extend(PairNames(slide, targets[0]) for slide in others)
        return
    if len(targets) == 1:
        reason = f"case {case!r} has no other stain"
    elif targets:
        reason = f"case {case!r} has {len(targets)} slides of the reference stain {reference!r}"
    else:
        reason = f"case {case!r} has no slide of the reference stain {reference!r}"
    leftovers.extend(Leftover(slide, reason) for slide in (*targets, *others))


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        expression = re.compile(pattern)
    except re.error as exc:
        raise OptionError(
            f"{pattern!r} is no regular expression: {exc}",
            remedy="Example: (?P<case>[^_]+)_(?P<stain>[^_.]+)",
        ) from exc
    missing = [name for name in ("case", "stain") if name not in expression.groupindex]
    if missing:
        raise OptionError(
            f"The pattern {pattern!r} has no group {' and '.join(map(repr, missing))}",
            remedy="Example: (?P<case>[^_]+)_(?P<stain>[^_.]+)",
        )
    return expression


def _rows_of(path: Path) -> list[_Row]:
    try:
        if path.stat().st_size > _MAX_TABLE_BYTES:
            raise InputError(f"{path.name!r} is too large for a table of pairs")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else exc
        raise InputError(
            f"The table of pairs {str(path)!r} cannot be read: {why}",
            remedy="Give a CSV file in UTF-8.",
        ) from exc
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True
    )
    names = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
    missing = [name for name in ("source", "target") if name not in names]
    if missing:
        raise InputError(
            f"{path.name!r} has no column {' and '.join(map(repr, missing))}",
            remedy="The first line has to be: source,target",
        )
    rows: list[_Row] = []
    try:
        for row in reader:
            pair = [(row[names[name]] or "").strip() for name in ("source", "target")]
            if any(pair):
                rows.append(_Row(f"{path.name!r}, line {reader.line_num}", *pair))
    except csv.Error as exc:
        raise InputError(f"{path.name!r}, line {reader.line_num}: {exc}") from exc
    return rows


def _resolved(rows: Iterable[_Row], slides: Sequence[SlideId]) -> Pairing:
    pairs: dict[PairNames, str] = {}
    for row in rows:
        source = _slide(row.source, slides, row.where)
        target = _slide(row.target, slides, row.where)
        pair = PairNames(source, target)
        if source == target:
            raise InputError(f"{row.where} pairs {source!r} with itself")
        if pair in pairs:
            raise InputError(f"{row.where} repeats {pairs[pair]}: {source!r}, {target!r}")
        pairs[pair] = row.where
    paired = {name for pair in pairs for name in (pair.source, pair.target)}
    rest = tuple(Leftover(s, "it is in no pair") for s in slides if s not in paired)
    return Pairing(tuple(pairs), rest)


def _slide(name: str, slides: Sequence[SlideId], where: str) -> SlideId:
    if name in slides:
        return name
    found = [slide for slide in slides if slide.partition(".")[0] == name or _stem(slide) == name]
    if len(found) == 1:
        return found[0]
    reason = f"fits {', '.join(map(repr, found))}" if found else "is no slide of the store"
    raise InputError(f"{where}: {name!r} {reason}", remedy="Give the whole name, with its suffix.")


def _stem(slide: SlideId) -> str:
    return slide.rpartition(".")[0]
