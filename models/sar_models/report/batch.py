"""The summary of many pairs as one HTML file that needs nothing else."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from sar_models.__about__ import __version__
from sar_models.report import palette
from sar_models.report.redact import plain
from sar_models.report.templating import environment, template_text

if TYPE_CHECKING:
    from collections.abc import Sequence

_ORDER = ("aligned", "partial", "ambiguous", "failed", "error", "cancelled", "open")
_WORDS = {
    "aligned": "aligned",
    "partial": "partial",
    "ambiguous": "ambiguous",
    "failed": "no alignment found",
    "error": "not done: an error",
    "cancelled": "cancelled",
    "open": "not done yet",
}


@dataclass(frozen=True)
class BatchItem:
    """A pair of a batch.

    Parameters
    ----------
    source, target : str
        Names of the slides.
    outcome : str
        That of the alignment, or ``error``, ``cancelled``, ``open`` where there is none.
    risk : float or None
        In [0, 1]; ``None`` without an alignment.
    reasons : tuple of str
        Of the risk, the gravest first; or why there is no alignment.
    report : str
        Relative URL of the pair's report; empty without one.
    thumbnail : str
        Data URI; may be empty.
    seconds : float or None
    """

    source: str
    target: str
    outcome: str
    risk: float | None
    reasons: tuple[str, ...]
    report: str = ""
    thumbnail: str = ""
    seconds: float | None = None

    @property
    def words(self) -> str:
        """The outcome in words."""
        return _WORDS[self.outcome]

    @property
    def tone(self) -> str:
        """The outcome of an alignment that looks like this one's."""
        return {"error": "failed", "cancelled": "none", "open": "none"}.get(
            self.outcome, self.outcome
        )

    @property
    def why(self) -> tuple[str, ...]:
        """The two gravest reasons, without paths."""
        return tuple(plain(reason) for reason in self.reasons[:2])


def urgency(item: BatchItem) -> tuple[int, float, str, str]:
    """Return the key by which items are sorted: what is worst comes first."""
    first = {"error": 3, "open": 2, "cancelled": 1}
    return -first.get(item.outcome, 0), -(item.risk or 0.0), item.source, item.target


def render_batch(title: str, items: Sequence[BatchItem], created: str) -> str:
    """Return a self-contained HTML page of a batch, the riskiest pairs first.

    Parameters
    ----------
    title : str
    items : sequence of BatchItem
        In the order in which they are to be shown; those with a thumbnail get a card, all a line.
    created : str
        When, for people.
    """
    found = Counter(item.outcome for item in items)
    counts = [(_WORDS[outcome], found[outcome]) for outcome in _ORDER if found[outcome]]
    page = environment().get_template("batch.html.j2")
    # Markup: the style sheets are the package's own, nothing that a user wrote is in them.
    return page.render(
        title=title,
        items=items,
        cards=[item for item in items if item.thumbnail],
        counts=counts,
        created=created,
        version=__version__,
        palette=palette,
        style=Markup(template_text("style.css") + template_text("batch.css")),
    )
