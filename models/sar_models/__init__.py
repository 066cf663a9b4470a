"""Align histology sections and carry annotations between them.

The package is imported part by part: `sar_models.domain` holds the values, `sar_models.stores`
reads slides and keeps results, `sar_models.engine` computes alignments. Importing the package
itself loads nothing of them.
"""

from sar_models.__about__ import __version__

__all__ = ["__version__"]
