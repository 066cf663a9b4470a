"""Libraries that only the widgets need."""

from __future__ import annotations

import importlib.util

from sar_models.domain.errors import OptionError


def check_extra() -> None:
    """Refuse to go on where the libraries of the extra ``widgets`` are missing.

    Raises
    ------
    OptionError
        If one is not installed.
    """
    for module in ("anywidget", "ipywidgets"):
        if importlib.util.find_spec(module) is None:
            raise OptionError(
                f"The notebook widgets need {module}, which is not installed",
                remedy='Install it with: pip install "sar-align[widgets]".',
            )
