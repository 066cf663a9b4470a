"""Corrections: one fragment of an alignment made anew under fixed points, all else as it was."""

from sar_models.engine.correction.asked import (
    NEW,
    check_parent,
    correction_options,
    fragment_named,
)
from sar_models.engine.correction.correct import correct

__all__ = ["NEW", "check_parent", "correct", "correction_options", "fragment_named"]
