"""Stacks: tissue as amounts of its components, to be stained at will.

The training of the scene encoder needs one place under many stains. A stack holds what stains take
up, so that every crop of every step can be stained anew.
"""

from sar_models.synthesis.stacks.collect import (
    Collection,
    collect_generated,
    collect_slides,
    collect_tiles,
)
from sar_models.synthesis.stacks.files import TileFiles, TissueFiles, find_tissue_files
from sar_models.synthesis.stacks.generated import generated_stack
from sar_models.synthesis.stacks.real import slide_stack, tile_stack
from sar_models.synthesis.stacks.stack import Stack

__all__ = [
    "Collection",
    "Stack",
    "TileFiles",
    "TissueFiles",
    "collect_generated",
    "collect_slides",
    "collect_tiles",
    "find_tissue_files",
    "generated_stack",
    "slide_stack",
    "tile_stack",
]
