"""Notebook widgets of SAR-Align: look at alignments at full resolution, and review them.

Importing the package loads neither ipywidgets nor arrays; its names are loaded when they are used,
and tell what to install where the extra ``widgets`` is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sar_models._deferred import loaded_when_used

if TYPE_CHECKING:
    from sar_widgets.image_viewer import ImageViewer as ImageViewer
    from sar_widgets.options import ViewerOptions as ViewerOptions
    from sar_widgets.queue import ReviewQueue as ReviewQueue
    from sar_widgets.viewer import AlignmentViewer as AlignmentViewer

__all__ = ["AlignmentViewer", "ImageViewer", "ReviewQueue", "ViewerOptions"]

_load = loaded_when_used(
    __name__,
    {
        "image_viewer": ["ImageViewer"],
        "options": ["ViewerOptions"],
        "queue": ["ReviewQueue"],
        "viewer": ["AlignmentViewer"],
    },
)


def __getattr__(name: str) -> Any:
    if name in __all__:
        from sar_widgets.extras import check_extra

        check_extra()
    return _load(name)
