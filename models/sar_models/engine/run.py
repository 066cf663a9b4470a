"""One alignment in the making: its slides, its options and what is the same for all its parts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import torch

from sar_models.domain.slides import SlidePair
from sar_models.engine.device import choose_device
from sar_models.engine.identity import asked_provenance
from sar_models.engine.maps import field_map
from sar_models.engine.poses import DensePoseSearch
from sar_models.engine.refinement import FieldRefiner
from sar_models.engine.scene.seeing import see_together
from sar_models.engine.scene.weights import shipped_scenes

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from sar_models.domain.provenance import Provenance
    from sar_models.domain.slides import Slide
    from sar_models.engine.maps import FieldMap
    from sar_models.engine.options import AlignOptions
    from sar_models.engine.prepare import PreparedPair
    from sar_models.engine.protocols import PoseSearch, Refiner
    from sar_models.engine.registered import Registered

_REACH_SHARE = 0.06
"""Reach on glass where micrometres are not known: a share of the tissue's long side."""


@dataclass
class Run:
    """One alignment in the making.

    Parameters
    ----------
    source, target : Slide
    options : AlignOptions
    progress : callable
        Called with the name of the stage and the fraction of all work done.
    search, piece_search, hard_piece_search : PoseSearch
        For whole sections, for one piece, and for one that the second did not find.
    refiner, piece_refiner : Refiner
        For whole sections, and for one piece.
    """

    source: Slide
    target: Slide
    options: AlignOptions
    progress: Callable[[str, float], None]
    search: PoseSearch = DensePoseSearch()  # noqa: RUF009 - frozen, shared safely
    piece_search: PoseSearch = DensePoseSearch.for_piece()  # noqa: RUF009
    hard_piece_search: PoseSearch = DensePoseSearch.for_hard_piece()  # noqa: RUF009
    refiner: Refiner = FieldRefiner()  # noqa: RUF009
    piece_refiner: Refiner = FieldRefiner.for_piece()  # noqa: RUF009

    def __post_init__(self) -> None:
        self.device = choose_device(self.options.device)
        self._scenes = shipped_scenes()
        torch.manual_seed(self.options.seed)
        self.mpps = (
            self.options.source_mpp or self.source.info.mpp,
            self.options.target_mpp or self.target.info.mpp,
        )
        self.pair = SlidePair(
            self.source.info.with_mpp(self.mpps[0]), self.target.info.with_mpp(self.mpps[1])
        )

    def reach_working_px(self, prepared: PreparedPair) -> float:
        """Return the reach on glass in source working pixels."""
        mpp = self.mpps[0]
        if mpp is None:
            return _REACH_SHARE * prepared.source.extent_px
        return self.options.glass_reach_um / mpp.mean / prepared.source.slide_from_working.scale

    def map_of(self, prepared: PreparedPair, registered: Registered) -> FieldMap:
        """Return the map of a registered pair, or piece of it, as far as glass follows tissue."""
        reach_px = self.reach_working_px(prepared) * registered.pair.canonical_from_source.scale
        return field_map(registered, prepared.source, prepared.target, 1.5 * reach_px)

    def see(
        self, colours: NDArray[np.float32], mask: NDArray[np.float32], extent_px: int
    ) -> NDArray[np.float32]:
        """Return what the networks make out in a section; see `see_together`."""
        networks = [scene.network for scene in self._scenes]
        return see_together(networks, colours, mask, extent_px, self.device)

    def stage(self, name: str, begin: float, end: float) -> Callable[[float], None]:
        """Return a report of one stage's own fraction, as a part of all work."""
        return lambda done: self.progress(name, begin + (end - begin) * done)

    def provenance(self) -> Provenance:
        """Return what is known before the run ends."""
        weights = {scene.name: scene.sha256 for scene in self._scenes}
        return replace(
            asked_provenance(self.source.info, self.target.info, self.options, weights),
            device=self.device.type,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
