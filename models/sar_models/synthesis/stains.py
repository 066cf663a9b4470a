"""Stains: how amounts of tissue components become colour.

A dye is taken up by components in its own proportions, saturates, and absorbs light by
Beer-Lambert; a stain is one or more dyes. The optical densities follow Ruifrok and Johnston
(Analytical and Quantitative Cytology and Histology 23, 2001).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from sar_models.domain.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Dye:
    """One dye: its colour, and what takes it up.

    ``density`` is the optical density (r, g, b) of amount 1. ``uptake`` gives the amount that a
    unit of each tissue component takes up; ``saturation`` the amount that cannot be exceeded.
    ``hides`` is how far amount 1 dims the dyes named before this one (DAB over a counterstain).
    """

    name: str
    density: tuple[float, float, float]
    uptake: Mapping[str, float]
    saturation: float = 2.0
    hides: float = 0.0


@dataclass(frozen=True)
class Stain:
    """A staining protocol: dyes in the order in which they lie over each other."""

    name: str
    dyes: tuple[Dye, ...]

    @property
    def components(self) -> frozenset[str]:
        """Tissue components that the stain needs."""
        return frozenset(name for dye in self.dyes for name in dye.uptake)


_HAEMATOXYLIN = (0.72, 0.86, 0.40)
_COUNTERSTAIN = (0.66, 0.55, 0.24)
_EOSIN = (0.10, 0.72, 0.36)
_DAB = (0.55, 0.95, 1.35)
_LIGHT_BLUE = (0.80, 0.42, 0.14)
_CRIMSON = (0.16, 0.95, 0.62)


def _frozen(**uptake: float) -> Mapping[str, float]:
    return MappingProxyType(uptake)


def _immuno(name: str, hides: float = 0.75, **uptake: float) -> Stain:
    """Build an immunostain: DAB where the marker is, a blue counterstain, a faint background."""
    counterstain = Dye(
        "haematoxylin",
        _COUNTERSTAIN,
        _frozen(chromatin=0.95, cytoplasm=0.13, stroma=0.09, blood=0.05),
        1.6,
    )
    background = _frozen(**{"stroma": 0.03, "cytoplasm": 0.03, **uptake})
    return Stain(name, (counterstain, Dye("dab", _DAB, background, 1.5, hides)))


HE = Stain(
    "he",
    (
        Dye("eosin", _EOSIN, _frozen(stroma=0.95, cytoplasm=0.5, blood=1.25, chromatin=0.12), 1.6),
        Dye("haematoxylin", _HAEMATOXYLIN, _frozen(chromatin=1.1, cytoplasm=0.2, stroma=0.05), 1.9),
    ),
)
TRICHROME = Stain(
    "trichrome",
    (
        Dye("aniline blue", _LIGHT_BLUE, _frozen(stroma=1.35), 1.5),
        Dye("fuchsin", _CRIMSON, _frozen(cytoplasm=0.62, blood=1.1), 1.4, 0.5),
        Dye("haematoxylin", _HAEMATOXYLIN, _frozen(chromatin=0.8), 1.6),
    ),
)
STAINS = {
    stain.name: stain
    for stain in (
        HE,
        TRICHROME,
        _immuno("panck", cytoplasm=1.0),
        _immuno("ki67", dividing=1.5),
        _immuno("cd31", vessel=1.3),
        _immuno("cd3", immune=1.15),
        _immuno("vimentin", stroma=0.85, immune=0.5, hides=0.6),
    )
}
"""Stains by name; all but ``he`` and ``trichrome`` are DAB on a haematoxylin counterstain."""


def stain_named(name: str) -> Stain:
    """Return a stain by its name.

    Raises
    ------
    OptionError
        If there is none of that name.
    """
    if name not in STAINS:
        raise OptionError(f"Unknown stain {name!r}", remedy=f"Known are {', '.join(STAINS)}.")
    return STAINS[name]
