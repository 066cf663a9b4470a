"""How the image of an entry comes out of a file: the chain of server builders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from sar_models.domain.geometry import Mpp, Region, Size
from sar_models.domain.transforms import Affine

if TYPE_CHECKING:
    from sar_models.domain.geometry import Points


@dataclass(frozen=True)
class Leaf:
    """The image that the chain begins with.

    Parameters
    ----------
    uri : str
        As the project states it.
    provider : str
        Java class that reads it in QuPath; empty when the project leaves that open.
    args : tuple of str
        Its arguments, e.g. ``("--no-crop",)``.
    size : Size or None
        As QuPath has it, level-0 pixels; ``None`` when the project does not say.
    mpp : Mpp or None
        As the project states it for this image.
    """

    uri: str
    provider: str = ""
    args: tuple[str, ...] = ()
    size: Size | None = None
    mpp: Mpp | None = None

    @property
    def series(self) -> int | None:
        """Which image of a file with several, where the arguments tell it."""
        for name, value in zip(self.args, self.args[1:], strict=False):
            if name == "--series" and value.isdecimal():
                return int(value)
        return None

    @property
    def is_cropped(self) -> bool:
        """Whether QuPath cuts the image down to the bounds that its file names."""
        return "--no-crop" not in self.args


@dataclass(frozen=True)
class Rotated:
    """Turned clockwise by quarters."""

    quarters: int

    def outer_from_inner(self, size: Size) -> tuple[Affine, Size]:
        """Return the map from pixels of an image of ``size``, and the size that comes out."""
        width, height = float(size.width), float(size.height)
        matrices = {
            0: ((1, 0, 0), (0, 1, 0)),
            1: ((0, -1, height), (1, 0, 0)),
            2: ((-1, 0, width), (0, -1, height)),
            3: ((0, 1, 0), (-1, 0, width)),
        }
        turned = Size(size.height, size.width) if self.quarters % 2 else size
        return Affine(np.array(matrices[self.quarters % 4], dtype=np.float64)), turned


@dataclass(frozen=True)
class Cropped:
    """Cut out; the region may reach beyond the image."""

    region: Region

    def outer_from_inner(self, size: Size) -> tuple[Affine, Size]:
        """Return the map from pixels of an image of ``size``, and the size that comes out."""
        del size
        return Affine.translation((-self.region.x, -self.region.y)), self.region.size


@dataclass(frozen=True, eq=False)
class Transformed:
    """Mapped by an affine; QuPath gives the result the size of the mapped image's bounding box.

    The box's position is not taken into account there: (0, 0) stays where the affine puts it.
    """

    affine: Affine

    def outer_from_inner(self, size: Size) -> tuple[Affine, Size]:
        """Return the map from pixels of an image of ``size``, and the size that comes out."""
        width, height = float(size.width), float(size.height)
        corners = self.affine.map(np.array([[0, 0], [width, 0], [0, height], [width, height]]))
        extent = np.ceil(np.round(np.ptp(corners, axis=0), 6))
        return self.affine, Size(max(int(extent[0]), 1), max(int(extent[1]), 1))


@dataclass(frozen=True)
class Recoloured:
    """Other colours, the same pixels' places: they are read from the file as it is."""

    kind: str

    def outer_from_inner(self, size: Size) -> tuple[Affine, Size]:
        """Return that nothing moves."""
        return Affine.identity(), size


Step: TypeAlias = Rotated | Cropped | Transformed | Recoloured


@dataclass(frozen=True, eq=False)
class Chain:
    """All that a project says of an entry's image.

    Parameters
    ----------
    leaf : Leaf
    steps : tuple of step
        In the order in which they are applied, from the file to the entry.
    size : Size or None
        Of the entry, level-0 pixels, as the project states it.
    mpp : Mpp or None
        Micrometres per pixel of the entry, as the project states it.
    """

    leaf: Leaf
    steps: tuple[Step, ...] = ()
    size: Size | None = None
    mpp: Mpp | None = None

    @property
    def kind(self) -> Literal["file", "derived"]:
        """``derived`` where pixels lie elsewhere in the entry than in the file."""
        moves = any(not isinstance(step, Recoloured) for step in self.steps)
        return "derived" if moves else "file"

    @property
    def known_size(self) -> Size | None:
        """Size of the entry as far as the project alone tells it."""
        if self.size is not None:
            return self.size
        return None if self.leaf.size is None else self.entry_from_leaf(self.leaf.size)[1]

    def entry_from_leaf(self, leaf_size: Size) -> tuple[Affine, Size]:
        """Return the map from pixels of the leaf to those of the entry, and the entry's size."""
        whole, size = Affine.identity(), leaf_size
        for step in self.steps:
            affine, size = step.outer_from_inner(size)
            whole = affine @ whole
        return whole, self.size or size

    @property
    def leaf_mpp(self) -> Mpp | None:
        """Micrometres per pixel of the leaf as the project states it, the entry's word first.

        A general affine says nothing of the leaf's pixels: there the leaf has to say it itself.
        """
        if any(isinstance(step, Transformed) for step in self.steps):
            return self.leaf.mpp
        if self.mpp is None:
            return self.leaf.mpp
        turns = sum(step.quarters for step in self.steps if isinstance(step, Rotated))
        return Mpp(self.mpp.y, self.mpp.x) if turns % 2 else self.mpp


def mapped(affine: Affine, points: Points) -> Points:
    """Return mapped points; those of an identity unchanged to the last bit."""
    return points if np.array_equal(affine.matrix, np.eye(2, 3)) else affine.map(points)
