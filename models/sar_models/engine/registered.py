"""A registered pair: placement and field together, with everything measured on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sar_models.engine.affine import FINE
from sar_models.engine.anchors import BlockMatcher
from sar_models.engine.canonical import canonical_pair
from sar_models.engine.contrast import shift_contrast
from sar_models.engine.placing import refined

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from numpy.typing import NDArray

    from sar_models.domain.transforms import Affine
    from sar_models.engine.affine import Level
    from sar_models.engine.anchors import BlockMatches
    from sar_models.engine.canonical import Canonical
    from sar_models.engine.contrast import ShiftContrast
    from sar_models.engine.protocols import AnchorMatcher, Refiner
    from sar_models.engine.refinement import Field
    from sar_models.engine.section import Channel, Section

AFFINE_TOLERANCE = 6 / 448
"""Distance, in long sides, within which a block supports the affine placement."""
FIELD_TOLERANCE = 3 / 448
"""The same for the field."""

_DOUBT_BLOCKS = 12


@dataclass(frozen=True, eq=False)
class Registered:
    """A placement with its field.

    Parameters
    ----------
    pair : Canonical
        Source and target under the affine placement.
    field : Field
    target_mask : (H, W) float32
        Target tissue pulled onto the source, canonical pixels.
    fit : ShiftContrast
        After the field.
    affine_fit : ShiftContrast
        Before it.
    affine_matches, matches : BlockMatches
        Blocks against the affine placement, and against the field.
    """

    pair: Canonical
    field: Field
    target_mask: NDArray[np.float32]
    fit: ShiftContrast
    affine_fit: ShiftContrast
    affine_matches: BlockMatches
    matches: BlockMatches

    @property
    def both(self) -> NDArray[np.float32]:
        """Tissue of both sides, ``(H, W)``."""
        return self.pair.source_mask * self.target_mask

    @property
    def affine_support(self) -> float:
        """Share of blocks that fit best where the affine placement puts them.

        The field has not seen them yet: it cannot have bent the slides to fit.
        """
        return _share(self.affine_matches, AFFINE_TOLERANCE * self.pair.long_side_px)


@dataclass(frozen=True, eq=False)
class Fitted:
    """An affine placement, measured.

    Parameters
    ----------
    pair : Canonical
    fit : ShiftContrast
    matches : BlockMatches
    """

    pair: Canonical
    fit: ShiftContrast
    matches: BlockMatches

    @property
    def support(self) -> float:
        """Share of blocks that fit best where the placement puts them."""
        return _share(self.matches, AFFINE_TOLERANCE * self.pair.long_side_px)


def fit_affine(
    source: Section,
    target: Section,
    target_from_source: Affine,
    device: torch.device,
    channel: Channel = "haematoxylin",
    extractor: AnchorMatcher | None = None,
    *,
    keep_placement: bool = False,
    levels: Sequence[Level] = FINE,
) -> Fitted:
    """Refine a placement as an affine map, and measure it.

    Parameters
    ----------
    source, target : Section
    target_from_source : Affine
        Working pixels to working pixels, near the truth.
    device : torch.device
    channel : Channel
        What the sections are compared by.
    extractor : AnchorMatcher or None
        Block matching when ``None``.
    keep_placement : bool
        Do not refine (landmarks have fixed it).
    levels : sequence of Level
        From coarse to fine.
    """
    if not keep_placement:
        target_from_source = refined(source, target, target_from_source, levels, channel, device)
    pair = canonical_pair(source, target, target_from_source, channel)
    both = pair.source_mask * pair.target_mask
    return Fitted(
        pair,
        shift_contrast(pair.source, pair.target, both, device),
        (extractor or BlockMatcher()).match(pair.source, pair.target, both),
    )


def fit_field(
    fitted: Fitted,
    device: torch.device,
    refiner: Refiner,
    extractor: AnchorMatcher | None = None,
    *,
    share: float = 1.0,
) -> Registered:
    """Refine an affine placement by a field, and measure that.

    Parameters
    ----------
    fitted : Fitted
    device : torch.device
    refiner : Refiner
    extractor : AnchorMatcher or None
        Block matching when ``None``.
    share : float
        Long side of the tissue over that of its section.
    """
    return with_field(fitted, refiner.refine(fitted.pair, device, share), device, extractor)


def with_field(
    fitted: Fitted,
    field: Field,
    device: torch.device,
    extractor: AnchorMatcher | None = None,
) -> Registered:
    """Measure an affine placement with a field, wherever that is from."""
    pair = fitted.pair
    pulled, mask = (pull(image, field) for image in (pair.target, pair.target_mask))
    both = pair.source_mask * mask
    return Registered(
        pair,
        field,
        mask,
        shift_contrast(pair.source, pulled, both, device),
        fitted.fit,
        fitted.matches,
        (extractor or BlockMatcher()).match(pair.source, pulled, both),
    )


def register(
    source: Section,
    target: Section,
    target_from_source: Affine,
    device: torch.device,
    refiner: Refiner,
    channel: Channel = "haematoxylin",
    extractor: AnchorMatcher | None = None,
    *,
    keep_placement: bool = False,
) -> Registered:
    """Refine a placement, first affine, then by a field; see `fit_affine` and `fit_field`."""
    fitted = fit_affine(
        source,
        target,
        target_from_source,
        device,
        channel,
        extractor,
        keep_placement=keep_placement,
    )
    return fit_field(fitted, device, refiner, extractor)


def pull(image: NDArray[np.float32], field: Field) -> NDArray[np.float32]:
    """Return target images ``(..., H, W)`` of the canonical frame as seen from the posed source."""
    height, width = field.shape
    moved = field.dense(height, width).astype(np.float32)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    pulled = [
        cv2.remap(layer, x + moved[..., 0], y + moved[..., 1], cv2.INTER_LINEAR)
        for layer in image.reshape(-1, height, width)
    ]
    return np.asarray(pulled, dtype=np.float32).reshape(image.shape)


def _share(matches: BlockMatches, tolerance_px: float) -> float:
    # A handful of blocks agrees by chance: some disagreeing ones are taken for granted.
    return float(matches.agreeing(tolerance_px).sum()) / (len(matches.peaks) + _DOUBT_BLOCKS)
