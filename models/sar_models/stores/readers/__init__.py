"""Open slide files: any format that we know, decided by content, read tile by tile."""

from sar_models.stores.readers.opening import IMAGE_SUFFIXES, open_slide
from sar_models.stores.readers.segments import DEFAULT_DECODE_BYTES

__all__ = ["DEFAULT_DECODE_BYTES", "IMAGE_SUFFIXES", "open_slide"]
