"""The engine: from the pixels of two slides to an alignment. The only place that imports torch."""

from sar_models.engine.align import align
from sar_models.engine.correction import correct, correction_options
from sar_models.engine.options import AlignOptions
from sar_models.engine.poses import DensePoseSearch, Pose
from sar_models.engine.protocols import AnchorMatcher, PoseSearch, Refiner, Retriever
from sar_models.engine.restaining import restain
from sar_models.engine.section import Section
from sar_models.engine.views import View, read_views

__all__ = [
    "AlignOptions",
    "AnchorMatcher",
    "DensePoseSearch",
    "Pose",
    "PoseSearch",
    "Refiner",
    "Retriever",
    "Section",
    "View",
    "align",
    "correct",
    "correction_options",
    "read_views",
    "restain",
]
