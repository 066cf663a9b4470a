"""One side of a pair, ready for registration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from sar_models.domain.errors import EngineError
from sar_models.domain.transforms import Affine
from sar_models.engine.stains import blur
from sar_models.engine.tissue import Tissue, find_tissue

if TYPE_CHECKING:
    from sar_models.engine.working import WorkingImage

Channel = Literal["haematoxylin", "density", "haematoxylin-edges", "density-edges", "scene"]
"""What two sections are compared by: one image, one and the edges of density with it, or what
SAR-Net sees of the scene.

Edges are alike where stains invert each other, and what fits by accident seldom does in both.
"""

See = Callable[[NDArray[np.float32], NDArray[np.float32], int], NDArray[np.float32]]
"""Makes structures ``(C, H, W)`` out of optical densities ``(H, W, 3)``, a mask ``(H, W)`` and the
long side of the tissue, which tells the scale."""

_EDGE_SIGMA_PX = 2.5
_BRIGHTEST_PERCENTILE = 99.5


@dataclass(frozen=True, eq=False)
class Section:
    """Tissue of a slide, or one piece of it, at working resolution.

    Parameters
    ----------
    mask : (H, W) float32
        Tissue in [0, 1]; mask all but one piece to register that piece alone.
    density, haematoxylin : (H, W) float32
    known : (H, W) float32
        Where the slide shows what lies there, in [0, 1]: no padding, no ink.
    cracked : (H, W) float32
        The tissue with its cracks, in [0, 1]; pieces lie apart in it that the mask closes over.
    slide_from_working : Affine
        Corner-origin working pixels to level-0 pixels.
    colours : (H, W, 3) float32 or None
        Optical density of red, green and blue, until the scene has been seen.
    scene : (C, H, W) float32 or None
        Structures that SAR-Net sees, whatever the stain; ``None`` where it has not looked.
    """

    mask: NDArray[np.float32]
    density: NDArray[np.float32]
    haematoxylin: NDArray[np.float32]
    known: NDArray[np.float32]
    cracked: NDArray[np.float32]
    slide_from_working: Affine
    colours: NDArray[np.float32] | None = None
    scene: NDArray[np.float32] | None = None
    _images: dict[Channel, NDArray[np.float32]] = field(
        default_factory=dict, init=False, repr=False
    )

    @classmethod
    def from_image(cls, image: WorkingImage) -> Section:
        """Find the tissue of a working image."""
        return cls.from_tissue(find_tissue(image.rgb), image.slide_from_working)

    @classmethod
    def from_tissue(cls, tissue: Tissue, slide_from_working: Affine) -> Section:
        """Return the section of tissue that was found."""
        return cls(
            tissue.mask.astype(np.float32),
            tissue.density,
            tissue.haematoxylin,
            tissue.known.astype(np.float32),
            tissue.cracked.astype(np.float32),
            slide_from_working,
            tissue.colours,
        )

    def channel(self, name: Channel) -> NDArray[np.float32]:
        """Return the images ``(C, H, W)`` that sections are compared by, each over its brightest.

        They are kept: many placements of one section are tried.
        """
        if name not in self._images:
            self._images[name] = self._seen() if name == "scene" else self._measured(name)
        return self._images[name]

    def _seen(self) -> NDArray[np.float32]:
        if self.scene is None:
            raise EngineError("The scene of a section is asked for that SAR-Net has not looked at")
        return self.scene

    def _measured(self, name: Channel) -> NDArray[np.float32]:
        inside = self.mask > 0.5
        return np.stack([_over_brightest(image, inside) for image in self._shown(name)])

    def _shown(self, name: Channel) -> list[NDArray[np.float32]]:
        image = self.haematoxylin if name.startswith("haematoxylin") else self.density
        return [image, _edges(self.density)] if name.endswith("-edges") else [image]

    @property
    def is_empty(self) -> bool:
        """Whether there is no tissue."""
        return not bool((self.mask > 0.5).any())

    @property
    def area_px(self) -> float:
        """Tissue area, working pixels squared."""
        return float(self.mask.sum())

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of the tissue, working pixels; right and bottom excluded."""
        rows, columns = np.flatnonzero(self.mask.any(axis=1)), np.flatnonzero(self.mask.any(axis=0))
        return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1

    @property
    def extent_px(self) -> int:
        """Long side of the tissue's bounding box, working pixels."""
        left, top, right, bottom = self.bounds
        return max(right - left, bottom - top)

    def with_scene(self, see: See, extent_px: int | None = None) -> Section:
        """Return the section with its scene, as ``see`` makes it out of colours and mask.

        Sections that are compared have to be seen at one scale: ``extent_px`` is the longer of the
        two, or the section's own with ``None``.
        """
        if self.colours is None:
            raise EngineError("A scene is to be seen in a section without its colours")
        return replace(
            self, scene=see(self.colours, self.mask, extent_px or self.extent_px), colours=None
        )

    def masked(self, keep: NDArray[np.bool_]) -> Section:
        """Return the section with all tissue outside ``keep`` ``(H, W)`` taken away."""
        return replace(self, mask=self.mask * keep.astype(np.float32))

    def resized(self, factor: float) -> Section:
        """Return the section with ``factor`` times as many pixels per side."""
        height, width = self.mask.shape
        size = (max(round(width * factor), 1), max(round(height * factor), 1))
        method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR

        def resize(image: NDArray[np.float32]) -> NDArray[np.float32]:
            resized = cv2.resize(image, size, interpolation=method)
            return np.asarray(resized, dtype=np.float32).reshape(size[1], size[0])

        old_from_new = Affine.scaling(width / size[0], height / size[1])
        return Section(
            resize(self.mask),
            resize(self.density),
            resize(self.haematoxylin),
            resize(self.known),
            resize(self.cracked),
            self.slide_from_working @ old_from_new,
            None,
            None if self.scene is None else np.stack([resize(layer) for layer in self.scene]),
        )


def _edges(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how steep an image ``(H, W)`` is: alike where stains invert each other."""
    smooth = blur(image, _EDGE_SIGMA_PX)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    return np.hypot(across, down).astype(np.float32)


def _over_brightest(image: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    values = image[inside]
    brightest = float(np.percentile(values, _BRIGHTEST_PERCENTILE)) if values.size else 1.0
    return np.asarray(np.minimum(image / max(brightest, 1e-3), 1.5), dtype=np.float32)
