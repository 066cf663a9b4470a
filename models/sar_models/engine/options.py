"""What a caller may decide about an alignment."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, get_args

from sar_models.domain.errors import LandmarkError, OptionError
from sar_models.domain.geometry import Points, as_points
from sar_models.domain.provenance import sha256_of

if TYPE_CHECKING:
    from sar_models.domain.geometry import Mpp, Region

Mode = Literal["auto", "intact", "fragments"]
DeviceName = Literal["auto", "cpu", "cuda"]

_MIN_WORKING_SIZE = 256
_MAX_WORKING_SIZE = 8192
_MIN_MEMORY_BYTES = 256 * 2**20
# Decoding, densities, canonical copies and gradients of one working image, measured.
_BYTES_PER_WORKING_PIXEL = 400


@dataclass(frozen=True)
class AlignOptions:
    """Options of :func:`sar_models.engine.align`."""

    mode: Mode = "auto"
    """``intact``: one smooth map for all tissue. ``fragments``: one for each piece of it. ``auto``
    decides by the tissue."""
    device: DeviceName = "auto"
    """Where the refinement runs; ``auto`` takes a GPU where torch finds one."""
    memory_bytes: int = 4 * 2**30
    """Memory budget in bytes; it bounds the working images, whatever the size of the slides."""
    seed: int = 0
    """Seed of everything random; the same seed gives the same result on the same device."""
    working_size_px: int = 1000
    """Long side of the larger tissue in the working images. Coarser loses accuracy; finer costs
    time without finding more, as neighbouring sections differ in their cells."""
    source_mpp: Mpp | None = None
    """Micrometres per level-0 pixel of the source; overrides the slide's own."""
    target_mpp: Mpp | None = None
    """The same for the target."""
    source_roi: Region | None = None
    """Part of the source to use, level-0 pixels; all of it when ``None``."""
    target_roi: Region | None = None
    """The same for the target; settles a pair with several equally good placements."""
    landmarks: tuple[Points, Points] | None = None
    """Source and target points ``(N, 2)`` in level-0 pixels that have to stay on each other."""
    glass_reach_um: float = 500.0
    """How far from tissue a point on glass still follows it: people draw outlines generously."""
    parent: str | None = None
    """``content_sha256`` of the alignment that this one corrects."""
    fragment: str | None = None
    """Id of the parent's fragment that alone is aligned anew, ``new`` for tissue that the parent
    left unpaired; all tissue when ``None``. See :func:`sar_models.engine.correct`."""
    no_counterpart: bool = False
    """The fragment is not on the other slide: its tissue becomes unpaired."""

    def __post_init__(self) -> None:
        self._check_choice("mode", get_args(Mode))
        self._check_choice("device", get_args(DeviceName))
        if not _MIN_WORKING_SIZE <= self.working_size_px <= _MAX_WORKING_SIZE:
            raise OptionError(
                f"working_size_px is {self.working_size_px!r}",
                remedy=f"Give {_MIN_WORKING_SIZE} to {_MAX_WORKING_SIZE} pixels.",
            )
        if self.memory_bytes < _MIN_MEMORY_BYTES:
            raise OptionError(
                f"A memory budget of {self.memory_bytes!r} bytes is too small",
                remedy="Give at least 256 MB.",
            )
        if not (math.isfinite(self.glass_reach_um) and self.glass_reach_um >= 0):
            raise OptionError(f"glass_reach_um is {self.glass_reach_um!r}, expected 0 or more")
        if self.seed < 0:
            raise OptionError(f"seed is {self.seed!r}, expected 0 or more")
        self._check_correction()
        if self.landmarks is not None and self.mode == "fragments" and self.fragment is None:
            raise OptionError(
                "Landmarks fix one map for all tissue, which mode 'fragments' does not make",
                remedy="Leave the mode, or say which fragment of which parent they belong to.",
            )
        if self.landmarks is not None:
            object.__setattr__(self, "landmarks", _checked_landmarks(self.landmarks))

    def _check_choice(self, name: str, choices: tuple[str, ...]) -> None:
        if getattr(self, name) not in choices:
            raise OptionError(
                f"{name} is {getattr(self, name)!r}", remedy=f"Use one of {', '.join(choices)}."
            )

    def _check_correction(self) -> None:
        if self.fragment is None:
            if self.no_counterpart:
                raise OptionError(
                    "no_counterpart is said of no fragment", remedy="Name the fragment, too."
                )
            return
        if self.parent is None:
            raise OptionError(
                f"Fragment {self.fragment!r} is to be corrected, of no alignment",
                remedy="Give the alignment as parent, too.",
            )
        if self.no_counterpart == (self.landmarks is not None):
            raise OptionError(
                f"Fragment {self.fragment!r} needs landmarks, or to be said to have no counterpart",
                remedy="Give one of the two.",
            )

    @property
    def max_working_px(self) -> int:
        """Pixels that a working image may have within the memory budget."""
        return max(self.memory_bytes // _BYTES_PER_WORKING_PIXEL, _MIN_WORKING_SIZE**2)

    @property
    def landmarks_sha256(self) -> str | None:
        """Hash of the landmarks, ``None`` without any."""
        return None if self.landmarks is None else sha256_of(list(self.landmarks))

    def to_record(self) -> dict[str, Any]:
        """Return the options as JSON values; landmarks, seed and parent have fields of their own.

        They are recorded in the provenance. What only corrections have is left out of all others:
        these keep the identity that they had before there were corrections.
        """
        apart = {"landmarks", "seed", "parent"}
        if self.fragment is None:
            apart |= {"fragment", "no_counterpart"}
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self) if f.name not in apart}


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {f.name: getattr(value, f.name) for f in fields(value)}
    return value


def _checked_landmarks(landmarks: tuple[Points, Points]) -> tuple[Points, Points]:
    source, target = (as_points(points) for points in landmarks)
    if len(source) != len(target) or len(source) == 0:
        raise LandmarkError(
            f"{len(source)} source landmarks and {len(target)} target landmarks",
            remedy="Give the same number of points on both slides, at least one.",
        )
    if not all(bool(math.isfinite(value)) for value in (*source.ravel(), *target.ravel())):
        raise LandmarkError("Landmarks contain NaN or infinite values")
    return source, target
