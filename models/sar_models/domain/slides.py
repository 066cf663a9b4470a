"""Slides, their frames, and the pairs and cases that they form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol, Self, get_args

from sar_models.domain.errors import FrameError, OptionError
from sar_models.domain.geometry import Mpp, Points, Region, Size, as_points

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FrameKind = Literal["file", "qupath", "omero"]
FRAME_KINDS: tuple[FrameKind, ...] = get_args(FrameKind)


@dataclass(frozen=True)
class Frame:
    """A coordinate frame that some reader gives to the level-0 pixels of a file.

    Readers disagree on what "level 0" covers: QuPath crops a slide to its OpenSlide bounds, so
    that its (0, 0) is the bounds' corner.

    Parameters
    ----------
    kind : {"file", "qupath", "omero"}
        Whose frame it is.
    size : Size
        Extent of the frame, level-0 pixels.
    offset : (float, float)
        Position of the frame's origin in the file's level-0 pixels.
    """

    kind: FrameKind
    size: Size
    offset: tuple[float, float] = (0.0, 0.0)

    def to_file(self, points: Points) -> Points:
        """Return points of this frame in the file's level-0 pixels, ``(N, 2)``."""
        return as_points(points) + self.offset

    def from_file(self, points: Points) -> Points:
        """Return points of the file's level-0 pixels in this frame, ``(N, 2)``."""
        return as_points(points) - self.offset


@dataclass(frozen=True)
class SlideInfo:
    """What is known of a slide without reading its pixels.

    Parameters
    ----------
    uri : str
        Where it lives, as its store names it.
    name : str
        Name for people.
    size : Size
        Level 0 of the file.
    levels : tuple of Size
        All pyramid levels, level 0 first.
    mpp : Mpp or None
        Micrometres per level-0 pixel; ``None`` when nobody says, never a guess.
    bounds : Region or None
        Part of level 0 that holds tissue (``openslide.bounds-*``), if the file says so.
    reader, series : str, int
        What opened it, and which image of the file.
    checksum : str
        ``sha256:...`` of the content (size and head and tail for huge files).
    stain : str or None
        Stain, where a name pattern or metadata tells it.
    """

    uri: str
    name: str
    size: Size
    levels: tuple[Size, ...]
    mpp: Mpp | None = None
    bounds: Region | None = None
    reader: str = ""
    series: int = 0
    checksum: str = ""
    stain: str | None = None

    def __post_init__(self) -> None:
        if not self.levels or self.levels[0] != self.size:
            raise FrameError(
                f"Slide {self.name!r}: level 0 is {self.levels[:1]!r}, its size {self.size!r}",
                remedy="The first level has to be the full-resolution one.",
            )

    @property
    def content_id(self) -> str:
        """The checksum, and which image of the file where that is not the first."""
        return f"{self.checksum}#{self.series}" if self.series else self.checksum

    @property
    def frame(self) -> Frame:
        """The file's own frame, in which all coordinates of the product are given."""
        return Frame("file", self.size)

    def frame_of(self, kind: FrameKind) -> Frame:
        """Return the frame that ``kind`` of reader gives to this slide.

        Raises
        ------
        OptionError
            If ``kind`` is unknown.
        FrameError
            If the frame cannot be known from the file.
        """
        if kind not in FRAME_KINDS:
            raise OptionError(
                f"Unknown frame {kind!r}",
                remedy=f"Use one of {', '.join(FRAME_KINDS)}.",
            )
        if kind == "file" or self.bounds is None:
            return Frame(kind, self.size)
        if kind == "qupath":
            return Frame(kind, self.bounds.size, (float(self.bounds.x), float(self.bounds.y)))
        raise FrameError(
            f"Slide {self.name!r} has bounds {self.bounds!r}, and its file does not tell which "
            "part of it OMERO shows",
            remedy="Give coordinates in the file's frame (--frame file) or QuPath's.",
        )

    def with_mpp(self, mpp: Mpp | None) -> SlideInfo:
        """Return the same slide with another pixel size."""
        return replace(self, mpp=mpp)


def convert(points: Points, source: Frame, target: Frame) -> Points:
    """Return ``points`` ``(N, 2)`` of frame ``source`` in frame ``target`` of the same slide."""
    return target.from_file(source.to_file(points))


class Slide(Protocol):
    """An open slide. Reads tiles only; coordinates of ``read`` are those of the level."""

    @property
    def info(self) -> SlideInfo:
        """What is known without reading pixels."""
        ...

    def read(self, level: int, region: Region) -> NDArray[np.uint8]:
        """Return the pixels of ``region`` at ``level``: ``(height, width, 3)`` uint8 RGB.

        Raises
        ------
        SlideError
            If the region does not lie in the level or the pixels cannot be read.
        """
        ...

    def close(self) -> None:
        """Release the file; reading afterwards is an error, closing twice is not."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc_info: object) -> None: ...


@dataclass(frozen=True)
class SlidePair:
    """Two slides to align: the transform will be ``target_from_source``."""

    source: SlideInfo
    target: SlideInfo


@dataclass(frozen=True)
class Case:
    """Slides of one tissue block in order, one of them the reference; a pair is the common case.

    Parameters
    ----------
    name : str
        Name of the case.
    slides : tuple of SlideInfo
        In cutting order where known.
    reference : int
        Index of the slide that the others are aligned to.
    """

    name: str
    slides: tuple[SlideInfo, ...]
    reference: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.reference < len(self.slides):
            raise OptionError(
                f"Case {self.name!r} has {len(self.slides)} slides, no reference number "
                f"{self.reference!r}"
            )

    def pairs(self) -> tuple[SlidePair, ...]:
        """Return one pair for every slide but the reference, the reference as target."""
        target = self.slides[self.reference]
        return tuple(
            SlidePair(slide, target) for i, slide in enumerate(self.slides) if i != self.reference
        )
