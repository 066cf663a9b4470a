"""Libraries that only some formats need."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from sar_models.domain.errors import ExportError


def load_extra(module: str, what: str) -> Any:
    """Import a library of the extra ``exports``.

    Parameters
    ----------
    module : str
        Name of the library.
    what : str
        What needs it, in the plural, to begin a sentence.

    Raises
    ------
    ExportError
        If it is not installed.
    """
    # Looked for first: an ImportError inside an installed library is another matter.
    if importlib.util.find_spec(module) is None:
        raise ExportError(
            f"{what} need {module}, which is not installed",
            remedy='Install it with: pip install "sar-align[exports]".',
        )
    return importlib.import_module(module)
