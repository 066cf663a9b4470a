"""Tear a block into pieces: cuts and ragged tears through it, which all its sections share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import Polygon

from sar_models.domain.errors import OptionError
from sar_models.synthesis.torn.shapes import polygons, rim

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points

LEAST_SHARE = 0.09
"""Smallest piece as a share of the block; what tears fray away comes off it."""

_ATTEMPTS = 400
_VERTICES = 256
_SLIVER = 0.035
"""Half the width, in block lengths, that a piece has somewhere."""


@dataclass(frozen=True, eq=False)
class Tear:
    """A line along which the block parted.

    Parameters
    ----------
    line : (K, 2) array
        The line, units of the block.
    loss : float
        Width of the tissue that is usually lost on either side, units of the block.
    """

    line: Points
    loss: float


def tear_up(
    rng: np.random.Generator, block: Polygon, count: int, unit: float
) -> tuple[tuple[Polygon, ...], tuple[Tear, ...]]:
    """Tear a block into pieces.

    Parameters
    ----------
    rng : Generator
        Decides where it tears.
    block : Polygon
        What is torn.
    count : int
        Number of pieces.
    unit : float
        Units of the block per micrometre: 1 for a block in um.

    Returns
    -------
    pieces, tears : tuple of Polygon, tuple of Tear
        The pieces leave no gap between them; see `frayed` for what is lost there.

    Raises
    ------
    OptionError
        If the block's shape does not yield so many pieces of a sensible size.
    """
    pieces: list[Polygon] = [block]
    tears: list[Tear] = []
    least = LEAST_SHARE * block.area
    for _ in range(_ATTEMPTS):
        if len(pieces) == count:
            return tuple(pieces), tuple(tears)
        areas = np.array([piece.area for piece in pieces])
        weights = np.where(areas > 2.1 * least, areas**3, 0.0)
        if not weights.any():
            # The cuts before left nothing large enough: start over.
            pieces, tears = [block], []
            continue
        chosen = int(rng.choice(len(pieces), p=weights / weights.sum()))
        tear = _draw_tear(rng, pieces[chosen], block, unit)
        halves = _parted(pieces[chosen], tear.line)
        sliver = _SLIVER * np.sqrt(block.area)
        if halves and all(h.area > least and not h.buffer(-sliver).is_empty for h in halves):
            pieces[chosen : chosen + 1] = halves
            tears.append(tear)
    raise OptionError(
        f"Tissue of this outline does not tear into {count!r} pieces of a sensible size",
        remedy="Take fewer pieces or another outline.",
    )


def _draw_tear(rng: np.random.Generator, piece: Polygon, block: Polygon, unit: float) -> Tear:
    """Draw a line across a piece: a nearly straight cut, or a ragged tear."""
    box = rim(piece.minimum_rotated_rectangle)
    sides = np.diff(box[:3], axis=0)
    lengths = np.linalg.norm(sides, axis=1)
    across = sides[int(np.argmin(lengths))]
    bearing = float(np.arctan2(across[1], across[0])) + float(rng.normal(0.0, 0.35))
    along = np.array([np.cos(bearing), np.sin(bearing)])
    normal = np.array([-along[1], along[0]])
    middle = np.asarray(piece.centroid.coords[0])
    middle = middle + normal * float(rng.uniform(-0.12, 0.12)) * float(lengths.max())
    reach = float(np.hypot(*(np.asarray(block.bounds[2:]) - block.bounds[:2])))
    is_cut = bool(rng.random() < 0.3)
    bend = (0.004 if is_cut else float(rng.uniform(0.02, 0.05))) * reach
    t = np.linspace(-1.0, 1.0, _VERTICES)
    offset = bend * fractal(rng, _VERTICES, 1.5)
    if not is_cut:
        offset += 0.25 * bend * fractal(rng, _VERTICES, 1.0)
    line = middle + np.outer(t * reach, along) + np.outer(offset, normal)
    loss = float(rng.uniform(3.0, 8.0) if is_cut else rng.uniform(10.0, 28.0))
    return Tear(line, loss * unit)


def fractal(rng: np.random.Generator, count: int, steepness: float) -> NDArray[np.float64]:
    """Return noise of deviation 1 whose amplitude falls as frequency to the ``-steepness``."""
    spectrum = np.fft.rfft(rng.standard_normal(2 * count))
    spectrum *= np.maximum(np.arange(len(spectrum)), 1.0) ** -steepness
    spectrum[0] = 0.0
    noise = np.fft.irfft(spectrum, 2 * count)
    scaled: NDArray[np.float64] = (noise / noise.std())[:count]
    return scaled


def _parted(piece: Polygon, line: Points) -> tuple[Polygon, Polygon] | None:
    """Part a piece along a line that runs all across; ``None`` if that leaves more than two."""
    along = line[-1] - line[0]
    beyond = np.array([-along[1], along[0]])
    side = Polygon(np.vstack([line, line[-1] + beyond, line[0] + beyond]))
    here, there = polygons(piece.intersection(side)), polygons(piece.difference(side))
    if not (here and there):
        return None
    # A ragged line cuts off scraps at a bay of the rim: they stay with the other side.
    one = shapely.union_all([here[0], *there[1:]])
    other = shapely.union_all([there[0], *here[1:]])
    if isinstance(one, Polygon) and isinstance(other, Polygon):
        return one, other
    return None
