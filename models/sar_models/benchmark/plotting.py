"""Whether plots can be drawn: matplotlib is an extra."""

from __future__ import annotations

import importlib.util

from sar_models.domain.errors import OptionError


def check_matplotlib(otherwise: str = "") -> None:
    """See that plots can be drawn, before hours of work that end in them.

    Parameters
    ----------
    otherwise : str
        What can be done instead of installing it, to end a sentence.

    Raises
    ------
    OptionError
        If matplotlib is not installed.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise OptionError(
            "Plots need matplotlib, which is not installed",
            remedy=f'Install it with: pip install "sar-align[benchmark]"{otherwise}.',
        )
