"""The widget that the page shows: traits and messages; all work is done elsewhere."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from sar_models.domain.errors import SarAlignError
from sar_widgets.frontend import module_text, style_text
from sar_widgets.options import ViewerOptions
from sar_widgets.session import TileSession

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_log = logging.getLogger(__name__)

MODES = ("side", "overlay", "swipe", "checkerboard", "flicker", "edges", "haematoxylin")


class Canvas(anywidget.AnyWidget):
    """Two synchronised panes and what belongs to them.

    Parameters
    ----------
    options : ViewerOptions, optional
    **traits
        ``mode``, ``opacity``, ``height``.
    """

    _esm = module_text()
    _css = style_text()
    mode = traitlets.Enum(MODES, default_value="overlay").tag(sync=True)
    opacity = traitlets.Float(0.5, min=0.0, max=1.0).tag(sync=True)
    height = traitlets.Int(520, min=160).tag(sync=True)
    review = traitlets.Bool(False, read_only=True).tag(sync=True)

    def __init__(self, options: ViewerOptions | None = None, **traits: Any) -> None:
        self.session = TileSession(self._post, options or ViewerOptions())
        super().__init__(**traits)
        self.on_msg(self._on_message)

    def answer(self, message: Mapping[str, Any]) -> None:
        """Answer a message that is not about tiles."""

    def close(self) -> None:
        """End the threads, close the slides, take the view off the page."""
        session = getattr(self, "session", None)
        if session is not None:
            session.close()
        super().close()

    def _post(self, message: dict[str, Any], buffers: Sequence[bytes]) -> None:
        if self.comm is not None:
            self.send(message, buffers=list(buffers))

    def _on_message(self, _: object, message: Mapping[str, Any], __: object) -> None:
        try:
            if not self.session.handle(message):
                self.answer(message)
        except SarAlignError as exc:
            self._post({"type": "error", "message": str(exc)}, [])
        except Exception as exc:  # noqa: BLE001 - the edge to the page: both sides must know
            _log.exception("A message of the page failed")
            self._post({"type": "error", "message": f"{type(exc).__name__}: {exc}"}, [])
