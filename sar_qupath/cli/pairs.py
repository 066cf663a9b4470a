"""Which images of a project are aligned: by hand, by a table, by names, by metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_models.domain.errors import InputError, OptionError
from sar_models.stores.pairing import (
    Pairing,
    pair_by_hand,
    pair_by_pattern,
    pair_by_table,
    pair_by_values,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sar_qupath.project import Entry
    from sar_qupath.store import ProjectStore

_WAYS = (
    "Give --source and --target, or --pairs CSV, or --reference with --pattern or with "
    "--case-key and --stain-key."
)


def chosen_pairs(
    store: ProjectStore,
    *,
    source: str | None,
    target: str | None,
    table: Path | None,
    pattern: str | None,
    reference: str | None,
    keys: tuple[str | None, str | None],
) -> Pairing:
    """Return the pairs that options ask for.

    Parameters
    ----------
    store : ProjectStore
    source, target : str or None
        Slide names, or ``#ID``.
    table : Path or None
        CSV with the columns source and target.
    pattern : str or None
        Regular expression with the groups case and stain, for image names.
    reference : str or None
        Stain of the targets.
    keys : (str or None, str or None)
        Metadata keys of case and stain.

    Raises
    ------
    OptionError
        If it is not clear which pairs are meant.
    InputError
        If there are none, or a name is unknown.
    """
    entries = [entry for entry in store.document.entries if entry.chain is not None]
    slides = [entry.slide for entry in entries]
    by_hand, by_keys = source is not None or target is not None, any(keys)
    if sum((by_hand, table is not None, pattern is not None, by_keys)) != 1:
        raise OptionError("Which images belong together?", remedy=_WAYS)
    if (pattern is not None or by_keys) == (reference is None):
        raise OptionError("--reference goes with --pattern or the metadata keys", remedy=_WAYS)
    if by_hand:
        if source is None or target is None:
            raise OptionError("A pair has a --source and a --target", remedy=_WAYS)
        names = store.shelf.entry_of(source).slide, store.shelf.entry_of(target).slide
        return Pairing(pair_by_hand([names], slides).pairs)
    if table is not None:
        found = Pairing(pair_by_table(table, slides).pairs)
    elif pattern is not None:
        found = pair_by_pattern(slides, pattern, reference or "")
    else:
        found = _by_metadata(entries, keys, reference or "")
    if not found.pairs:
        why = found.leftovers[0].reason.capitalize() + "." if found.leftovers else ""
        raise InputError(f"None of the {len(slides)} images make a pair", remedy=why)
    return found


def _by_metadata(
    entries: list[Entry], keys: tuple[str | None, str | None], reference: str
) -> Pairing:
    """Return the pairs of images of one case, by the metadata that people gave them in QuPath."""
    case_key, stain_key = keys
    if case_key is None or stain_key is None:
        raise OptionError("Pairing by metadata needs --case-key and --stain-key", remedy=_WAYS)
    told = {e.slide: (e.metadata.get(case_key), e.metadata.get(stain_key)) for e in entries}
    return pair_by_values(told, reference, f"it has no {case_key!r} or no {stain_key!r}")
