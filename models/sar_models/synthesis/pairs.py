"""Generated pairs of slides with known truth: right ones, and wrong ones of every kind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shapely import Polygon

from sar_models.domain.geometry import Mpp, Points, Size
from sar_models.domain.transforms import Sequence, Transform
from sar_models.synthesis.deformation import node_spacing
from sar_models.synthesis.imaging import Image, draw_look, photograph
from sar_models.synthesis.marks import draw_annotations, draw_landmarks, mapped_annotation
from sar_models.synthesis.mounting import mount
from sar_models.synthesis.negatives import empty_glass, shuffled
from sar_models.synthesis.noise import sub_seed
from sar_models.synthesis.options import Choices, PairOptions, decide
from sar_models.synthesis.placing import Placing, place, place_twice, upright
from sar_models.synthesis.tissue.render import draw
from sar_models.synthesis.tissue.scene import Scene, draw_scene
from sar_models.synthesis.tissue.section import Section, cut

if TYPE_CHECKING:
    from sar_models.domain.annotations import Annotation
    from sar_models.synthesis.stains import Stain

GENERATOR_VERSION = 1
"""Rises whenever the same seed and options would give other pixels or another truth."""

TISSUE_SHARE = 0.84
"""Part of the source's long side that the tissue takes."""

_FINEST_DRAWN_UM = 2.0


@dataclass(frozen=True, eq=False)
class GeneratedSlide:
    """A picture of a slide: ``image`` (H, W, 3) uint8 RGB, pixel size, name of the stain."""

    image: Image
    mpp: Mpp
    stain: str

    @property
    def size(self) -> Size:
        """Extent in pixels."""
        return Size(self.image.shape[1], self.image.shape[0])


@dataclass(frozen=True, eq=False)
class GeneratedPair:
    """Two slides and everything that is true about them.

    Parameters
    ----------
    seed, options : int, PairOptions
        What it was made from; equal ones give equal pairs under one `GENERATOR_VERSION`.
    source, target : GeneratedSlide
        The slides.
    truths : tuple of Transform
        ``target_from_source`` in level-0 pixels: one for a true pair, one for each level of
        ``two-levels``, none where there is nothing to align.
    tissue : Polygon
        Outline of the source's tissue, source pixels.
    annotations : tuple of Annotation
        Tissue, tumour, glands, vessels and aggregates on the source.
    landmarks : (N, 2) array
        Centres of glands and vessels, source pixels.
    """

    seed: int
    options: PairOptions
    source: GeneratedSlide
    target: GeneratedSlide
    truths: tuple[Transform, ...]
    tissue: Polygon
    annotations: tuple[Annotation, ...]
    landmarks: Points

    @property
    def truth(self) -> Transform | None:
        """The only ``target_from_source``, or ``None`` where there is none or more than one."""
        return self.truths[0] if len(self.truths) == 1 else None

    def counterparts(self, placement: int = 0) -> tuple[Annotation, ...]:
        """Return the true annotations on the target, in order and with the ids of the source's."""
        truth = self.truths[placement]
        spacing_px = 6.0 / self.source.mpp.mean
        return tuple(mapped_annotation(a, truth, spacing_px) for a in self.annotations)

    def target_landmarks(self, placement: int = 0) -> Points:
        """Return the true landmarks on the target, (N, 2) target pixels."""
        return self.truths[placement].map(self.landmarks)


def generate_pair(seed: int, options: PairOptions | None = None) -> GeneratedPair:
    """Generate a pair of slides with known truth.

    Parameters
    ----------
    seed : int
        Non-negative; decides on everything that the options leave open.
    options : PairOptions or None
        What to generate; a true pair of 1000 px at 4 um when ``None``.

    Raises
    ------
    OptionError
        If an option is impossible.
    """
    options = options or PairOptions()
    choices = decide(seed, options)
    length = TISSUE_SHARE * options.size_px * options.mpp
    scene = draw_scene(sub_seed(seed, "scene"), choices.organ, length, choices.outline)
    section = cut(scene, 0, options.section_change)
    placing = upright(scene, options.size_px, choices.mpp)
    source = _slide(
        section, placing, choices.mpp, choices.source_stain, sub_seed(seed, "source"), options
    )
    target, placed = _target(seed, options, choices, scene, length)
    source_from_block = placing.mounts[0].slide_from_block
    return GeneratedPair(
        seed=seed,
        options=options,
        source=source,
        target=target,
        truths=tuple(Sequence((source_from_block.inverse(), step)) for step in placed),
        tissue=Polygon(source_from_block.map(section.layout.edge)).buffer(0),
        annotations=draw_annotations(seed, section.layout, source_from_block),
        landmarks=source_from_block.map(draw_landmarks(scene)),
    )


def _target(
    seed: int, options: PairOptions, choices: Choices, scene: Scene, length: float
) -> tuple[GeneratedSlide, tuple[Transform, ...]]:
    """Make the target slide and the transforms ``target_from_block`` that are true on it."""
    kind = options.kind
    if kind in ("unrelated", "near-miss"):
        organ = choices.other_organ if kind == "unrelated" else choices.organ
        scene = draw_scene(sub_seed(seed, "other scene"), organ, length, choices.outline)
    section = cut(scene, 1, options.section_change)
    putting = place_twice if kind == "two-levels" else place
    placing = putting(scene, choices, options, sub_seed(seed, "target"))
    stain, slide_seed = choices.target_stain, sub_seed(seed, "target")
    if kind == "blank":
        look = draw_look(slide_seed, stain, options.jpeg)
        image = empty_glass(slide_seed, placing.size, stain, look)
        return GeneratedSlide(image, Mpp(choices.target_mpp, choices.target_mpp), stain.name), ()
    slide = _slide(section, placing, choices.target_mpp, stain, slide_seed, options)
    if kind == "mosaic":
        slide = replace(slide, image=shuffled(slide_seed, slide.image))
    true = kind in ("true", "two-levels")
    return slide, tuple(m.slide_from_block for m in placing.mounts) if true else ()


def _slide(
    section: Section, placing: Placing, mpp: float, stain: Stain, seed: int, options: PairOptions
) -> GeneratedSlide:
    """Draw, mount, stain and photograph one section."""
    finest = min(options.mpp, options.target_mpp or options.mpp)
    # Nuclei need two pixels to be drawn; below that the drawing is averaged down.
    step = min(finest, max(_FINEST_DRAWN_UM, 0.5 * finest))
    amounts = draw(section, step, stain.components)
    nodes = node_spacing(options.warp_rms_um / mpp, options.warp_length_um / mpp)
    planes = mount(amounts, placing.mounts, placing.size, mpp, nodes)
    look = draw_look(seed, stain, options.jpeg)
    return GeneratedSlide(photograph(planes, stain, look, seed), Mpp(mpp, mpp), stain.name)
