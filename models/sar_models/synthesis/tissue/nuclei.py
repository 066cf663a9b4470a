"""Nuclei: where they lie, how large, how turned, of which kind."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sar_models.synthesis.tissue.packing import Floats
    from sar_models.synthesis.tissue.variation import Variation


class Kind(IntEnum):
    """Kinds of nuclei; the marker channels and the look of the chromatin depend on it."""

    EPITHELIAL = 0
    STROMAL = 1
    LYMPHOID = 2
    ENDOTHELIAL = 3
    TUMOUR = 4


@dataclass(frozen=True)
class _Look:
    long_um: float
    short_um: float
    variety: float
    chromatin: float


_LOOKS = {
    Kind.EPITHELIAL: _Look(3.9, 2.6, 0.13, 0.82),
    Kind.STROMAL: _Look(5.6, 1.35, 0.25, 0.88),
    Kind.LYMPHOID: _Look(2.7, 2.45, 0.12, 1.12),
    Kind.ENDOTHELIAL: _Look(5.0, 1.2, 0.2, 0.95),
    Kind.TUMOUR: _Look(4.6, 3.6, 0.24, 0.92),
}


@dataclass(frozen=True, eq=False)
class Nuclei:
    """Nuclei as columns, one row for each.

    ``centre`` (N, 2) um, ``axes`` (N, 2) long and short semi-axis um, ``angle`` (N,) rad of the
    long axis, ``chromatin`` (N,) relative haematoxylin, ``kind`` (N,) values of `Kind`,
    ``dividing`` (N,) whether a proliferation marker stains it.
    """

    centre: Floats
    axes: Floats
    angle: Floats
    chromatin: Floats
    kind: NDArray[np.uint8]
    dividing: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.angle)

    def take(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Nuclei:
        """Keep the nuclei that ``which`` tells, by a mask (N,) or by numbers (M,)."""
        return Nuclei(*(getattr(self, f.name)[which] for f in fields(self)))

    @classmethod
    def none(cls) -> Nuclei:
        """Return no nuclei."""
        empty = np.zeros(0)
        pairs = np.zeros((0, 2))
        return cls(pairs, pairs, empty, empty, empty.astype(np.uint8), empty.astype(np.bool_))

    @classmethod
    def joined(cls, parts: Sequence[Nuclei]) -> Nuclei:
        """Put several sets of nuclei together, later ones on top."""
        return cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)))


def grown(
    variation: Variation,
    kind: Kind,
    purpose: str,
    centre: Floats,
    angle: Floats,
    dividing: float = 0.0,
    size: float = 1.0,
) -> Nuclei:
    """Give nuclei of one kind to given places.

    Parameters
    ----------
    variation : Variation
        Draws of the section.
    kind : Kind
        Kind of the cells.
    purpose : str
        Name of the random streams, one for each use.
    centre, angle : (N, 2), (N,) arrays
        Places in um and direction of the long axes in rad.
    dividing : float
        Fraction that a proliferation marker stains.
    size : float
        Factor on the usual size of the kind.
    """
    look, count = _LOOKS[kind], len(centre)
    draw = variation.normal((count, 4), "nuclei", purpose)
    scale = size * np.exp(look.variety * draw[:, 0])
    ratio = np.exp(0.6 * look.variety * draw[:, 1])
    axes = np.stack([look.long_um * scale * ratio, look.short_um * scale / ratio], axis=1)
    chromatin = look.chromatin * np.exp(0.16 * draw[:, 2])
    marked = variation.uniform((count,), "nuclei", purpose, "dividing") < dividing
    return Nuclei(
        centre,
        np.maximum(axes, 0.8),
        angle,
        chromatin,
        np.full(count, int(kind), dtype=np.uint8),
        marked,
    )
