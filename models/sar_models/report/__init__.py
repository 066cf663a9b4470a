"""Reports: a self-contained HTML page and preview pictures of an alignment."""

from sar_models.report.document import render_report
from sar_models.report.previews import render_previews
from sar_models.report.views import SlideView

__all__ = ["SlideView", "render_previews", "render_report"]
