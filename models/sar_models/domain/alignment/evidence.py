"""What stands behind an alignment: anchors, placements, figures, risk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from shapely.geometry import mapping

from sar_models.domain.errors import TransformError

if TYPE_CHECKING:
    from collections.abc import Mapping as ReadOnlyMapping

    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Affine, Outline


@dataclass(frozen=True, eq=False)
class Anchors:
    """Pairs of points that show the same structure.

    Parameters
    ----------
    source, target : (N, 2) array
        Level-0 pixels of either slide.
    inlier : (N,) bool array
        Whether the transform agrees.
    fragment : (N,) int array
        Index of the fragment, -1 for none.
    """

    source: Points
    target: Points
    inlier: NDArray[np.bool_]
    fragment: NDArray[np.intp]

    def __post_init__(self) -> None:
        lengths = {
            len(self.source),
            len(self.target),
            len(self.inlier),
            len(self.fragment),
        }
        if len(lengths) != 1:
            raise TransformError(f"Anchor arrays differ in length: {sorted(lengths)!r}")

    @classmethod
    def none(cls) -> Anchors:
        """Return an empty set."""
        empty = np.zeros((0, 2))
        return cls(empty, empty, np.zeros(0, dtype=np.bool_), np.zeros(0, dtype=np.intp))

    def __len__(self) -> int:
        return len(self.source)

    def to_record(self) -> dict[str, Any]:
        """Return the arrays by name."""
        return {
            "source": self.source,
            "target": self.target,
            "inlier": self.inlier,
            "fragment": self.fragment,
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Anchors:
        """Rebuild anchors from :meth:`to_record`."""
        return cls(record["source"], record["target"], record["inlier"], record["fragment"])


@dataclass(frozen=True, eq=False)
class Placement:
    """One of several placements of the source on the target.

    Parameters
    ----------
    target_from_source : Affine
        Level-0 pixels to level-0 pixels.
    score : float
        The higher, the better; comparable within one alignment.
    target_outline : Polygon or MultiPolygon
        Where the source tissue comes to lie, target level-0 pixels.
    """

    target_from_source: Affine
    score: float
    target_outline: Outline

    def to_record(self) -> dict[str, Any]:
        """Return the placement as JSON values."""
        return {
            "target_from_source": self.target_from_source.to_record(),
            "score": self.score,
            "target_outline": mapping(self.target_outline),
        }


@dataclass(frozen=True)
class Reason:
    """Why an alignment is risky or failed, in words for people."""

    code: str
    text: str
    weight: float = 0.0


@dataclass(frozen=True)
class Risk:
    """How likely it is that a reviewer would reject the alignment, in [0, 1]."""

    score: float
    reasons: tuple[Reason, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.score <= 1.0:
            raise TransformError(f"Risk is {self.score!r}, expected a number in [0, 1]")


@dataclass(frozen=True)
class Quality:
    """Named figures of an alignment (``shift_contrast``, ``pose_margin``, ``folding`` ...)."""

    metrics: ReadOnlyMapping[str, float] = field(default_factory=dict)
