"""The report as one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from markupsafe import Markup

from sar_models.report import palette
from sar_models.report.material import prepare
from sar_models.report.page import page_of
from sar_models.report.templating import environment, template_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sar_models.domain.alignment import Alignment
    from sar_models.domain.annotations import Annotation
    from sar_models.report.page import Page
    from sar_models.report.views import SlideView


def render_report(
    alignment: Alignment,
    source: SlideView,
    target: SlideView,
    *,
    restained: SlideView | None = None,
    source_annotations: Sequence[Annotation] = (),
    target_annotations: Sequence[Annotation] = (),
) -> str:
    """Return a self-contained HTML report of an alignment, whatever its outcome.

    Parameters
    ----------
    alignment : Alignment
    source, target : SlideView
        Views of both slides, about 1000 pixels; larger ones are shrunk.
    restained : SlideView or None
        The source under the target's stain, to lie beside the target.
    source_annotations, target_annotations : sequence of Annotation
        Annotations of the source (its level-0 pixels), and as transferred (those of the target).
    """
    material = prepare(alignment, source, target, restained)
    return _render(page_of(material, source_annotations, target_annotations))


def _render(page: Page) -> str:
    script = template_text("viewer.js")
    # The page allows this one script by its digest: whatever slips in elsewhere does not run.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    template = environment().get_template("report.html.j2")
    # Markup: both texts are the package's own, nothing that a user wrote is in them.
    return template.render(
        page=page,
        palette=palette,
        style=Markup(template_text("style.css")),
        script=Markup(script),
        script_digest=digest,
    )
