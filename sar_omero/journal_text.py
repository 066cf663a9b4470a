"""The journal of an image as the text of an XML annotation."""

from __future__ import annotations

import json
import re
from html import escape, unescape
from typing import TYPE_CHECKING

from sar_models.domain.errors import StoreError
from sar_models.stores.target import Journal

if TYPE_CHECKING:
    from collections.abc import Iterable

_XML = re.compile(r"<sar-align-journal>(.*)</sar-align-journal>", re.DOTALL)


def journal_to_text(journal: Journal) -> str:
    """Return a journal as text, the same for equal journals."""
    record = {
        "published": {source: sorted(ids) for source, ids in sorted(journal.published.items())},
        "review_heads": {who: list(ends) for who, ends in sorted(journal.review_heads.items())},
    }
    text = escape(json.dumps(record, sort_keys=True), quote=False)
    return f"<sar-align-journal>{text}</sar-align-journal>"


def journal_from_text(text: str, image: int) -> Journal:
    """Return the journal that a text holds.

    Raises
    ------
    StoreError
        If it is damaged.
    """
    found = _XML.search(text)
    try:
        record = json.loads(unescape(found[1] if found else ""))
        published = {str(s): frozenset(map(str, ids)) for s, ids in record["published"].items()}
        heads = {str(who): tuple(map(str, ends)) for who, ends in record["review_heads"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise StoreError(
            f"The journal of SAR-Align on Image:{image} is damaged: {exc}",
            remedy="Delete that XML annotation: it is rebuilt from the objects; what people "
            "deleted may come back.",
        ) from exc
    return Journal(published, heads)


def merged(journals: Iterable[Journal]) -> Journal:
    """Return what several journals know together: two pushers may have made one each."""
    published: dict[str, frozenset[str]] = {}
    heads: dict[str, tuple[str, ...]] = {}
    for journal in journals:
        for source, ids in journal.published.items():
            published[source] = published.get(source, frozenset()) | ids
        heads |= journal.review_heads
    return Journal(published, heads)
